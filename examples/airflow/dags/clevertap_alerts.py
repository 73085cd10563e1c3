"""Alerts: one line of text, without personal data, to the log and to a webhook if there is one."""

from __future__ import annotations

import json
import logging
import urllib.request
from http.client import HTTPException
from typing import TYPE_CHECKING

from airflow.sdk import Connection
from airflow.sdk.exceptions import AirflowNotFoundException

if TYPE_CHECKING:
    from airflow.sdk import Context

WEBHOOK = "clevertap_alerts"
"""A connection whose password is an address that takes `{"text": …}`, as that of Slack does."""
SECONDS = 10
LOG = logging.getLogger(__name__)


def failed(context: Context) -> None:
    """Send an alert: the last try of a task has failed."""
    send(f"{context['ti'].dag_id} failed", context)


def succeeded(context: Context) -> None:
    """Send an alert if rows of a closed day are missing: the run itself was well."""
    if (context["ti"].xcom_pull(key="summary") or {}).get("out") == "gap":
        send(f"{context['ti'].dag_id} has a gap", context)


def send(what: str, context: Context) -> None:
    """Send the summary of the run, if it came so far; a webhook that fails changes nothing."""
    summary = context["ti"].xcom_pull(task_ids=context["ti"].task_id, key="summary")
    text = f"{what}, try {context['ti'].try_number}: {json.dumps(summary or 'no summary')}"
    LOG.warning("alert: %s", text)
    try:
        address = Connection.get(WEBHOOK).password or ""
    except AirflowNotFoundException:
        return
    body, headers = json.dumps({"text": text}).encode(), {"Content-Type": "application/json"}
    try:
        request = urllib.request.Request(address, body, headers)  # noqa: S310 - the operator's own
        urllib.request.urlopen(request, timeout=SECONDS).close()  # noqa: S310 - same
    except (OSError, ValueError, HTTPException) as error:  # some name the address, a secret
        LOG.warning("alert: the webhook failed: %s", type(error).__name__)
