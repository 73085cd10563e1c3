"""Pools of one slot, made and checked over Airflow's REST API: a task cannot see them otherwise.

A task whose pool is missing, or has no slot, would wait for ever. One with more slots would let
two runs of one account start at once.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

from airflow.sdk import Connection
from airflow.sdk.exceptions import AirflowException, AirflowFailException

API = "airflow_api"
"""The connection to Airflow itself: schema, host, port, login, password."""
SECONDS = 30
NOT_FOUND, CONFLICT, SERVER_ERROR = 404, 409, 500


def ensure_pool(name: str) -> None:
    """Make a pool of one slot unless it is there; fail with advice if it cannot be used."""
    advice = f'run: airflow pools set {name} 1 "one run of this account"'
    try:
        slots = _slots(name)
    except urllib.error.HTTPError as error:
        if error.code >= SERVER_ERROR:
            message = f"{API}: Airflow answers {error.code}; the task is tried again"
            raise AirflowException(message) from None
        message = (
            f"{API}: Airflow answers {error.code}, may its user read and make pools? Or {advice}"
        )
        raise AirflowFailException(message) from None
    if slots != 1:
        message = f"{name}: the pool has {slots} slots; {advice}"
        raise AirflowFailException(message)


def _slots(name: str) -> int:
    connection = Connection.get(API)
    address = f"{connection.schema or 'http'}://{connection.host}:{connection.port or 8080}"
    login = {"username": connection.login, "password": connection.password}
    token = _call(f"{address}/auth/token", None, login)["access_token"]
    pools = f"{address}/api/v2/pools"
    one = f"{pools}/{urllib.parse.quote(name, safe='')}"
    try:
        return _call(one, token)["slots"]
    except urllib.error.HTTPError as error:
        if error.code != NOT_FOUND:
            raise
    wanted = {"name": name, "slots": 1, "description": "one run of this account"}
    try:
        return _call(pools, token, wanted)["slots"]
    except urllib.error.HTTPError as error:
        if error.code != CONFLICT:  # made by another task just now
            raise
    return _call(one, token)["slots"]


def _call(url: str, token: str | None, body: dict[str, Any] | None = None) -> dict[str, Any]:
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, headers)  # noqa: S310 - the operator's own address
    with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310 - same
        return json.load(answer)
