"""What the migration guides are tried with: other tools' tables with their gaps, and their uploads.

No other tool runs here. Their tables have the columns and the gaps that their pages and their
source code show.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import requests
import yaml

from tests.support.migration_tables import columns
from tests.support.plugin_process import run_tap, tap_config

if TYPE_CHECKING:
    from pathlib import Path

LAST_CLOSED = 20260831
WORLD = {"today": "2026-09-01", "days": 3, "events_per_day": 60, "users": 30}
"""The days that the guides have in their SQL."""

PROJECT = {
    "default_environment": "dev",
    "send_anonymous_usage_stats": False,
    "environments": [{"name": "dev"}],
    "project_id": "3f0c5f4e-9a1f-4a57-8f5f-6f2c1f5f0c52",
}
"""A `meltano.yml` without plugins."""

HEVO = columns(
    varchar="__hevo_id event_name",
    bigint="ts __hevo__ingested_at __hevo__loaded_at",
    json="profile event_props session_props",
)
INGESTR = columns(
    varchar="event_name object_id identity _ingestr_run_id",
    timestamptz="ts _ingestr_loaded_at",
    json="profile event_props session_props",
)
INGESTR_PROFILES = columns(
    varchar="object_id identity name email phone", json="profile_data events platform_info"
)
SCRIPT = columns(varchar="event_name", bigint="ts", json="profile event_props session_props")


def read(emulator: Any, **settings: Any) -> dict[str, list[dict[str, Any]]]:
    """Return what tap-clevertap reads of an emulator, by stream."""
    given = {"timezone": "Asia/Kolkata", "start_date": "2026-08-30", "end_date": "2026-09-01"}
    ran = run_tap(tap_config(emulator, **{**given, "select": ["event_counts"], **settings}))
    assert ran.status == 0, ran.log
    return ran.records


def api_row(event: dict[str, Any]) -> dict[str, Any]:
    """Return an event as CleverTap's API has it."""
    profile = {"identity": event["identity"], "objectId": event["object_id"]}
    profile |= {"email": event["email"], "name": event["name"]}
    return {
        **{name: event[name] for name in ("event_name", "ts", "event_props", "session_props")},
        "profile": {name: value for name, value in profile.items() if value is not None},
    }


def with_gaps(
    events: list[dict[str, Any]], unknown: str, doubled: str
) -> tuple[list[dict[str, Any]], set[str]]:
    """Return rows without an event's name, one of equal rows alone, and a day of another twice.

    Returns:
        The rows, and the names of the events in which equal rows became one.
    """
    seen, merged, rows = set(), set(), []
    for event in events:
        key = (event["event_name"], event["ts"], event["identity"] or event["object_id"])
        if event["event_name"] == unknown:
            continue
        if key in seen:
            merged.add(event["event_name"])
            continue
        seen.add(key)
        is_twice = event["event_name"] == doubled and event["ts"] // 1000000 == LAST_CLOSED
        rows += [event] * (1 + is_twice)
    return rows, merged


def plugins(text: str, folder: Path) -> dict[str, dict[str, Any]]:
    """Return the configurations of a YAML block, each with what it inherits."""
    root = text.replace("$MELTANO_PROJECT_ROOT", str(folder))
    listed = [each for kind in yaml.safe_load(root)["plugins"].values() for each in kind]
    found: dict[str, dict[str, Any]] = {}
    for plugin in listed:
        inherited = copy.deepcopy(found.get(plugin.get("inherit_from", ""), {}))
        found[plugin["name"]] = {**inherited, **plugin["config"]}
    return found


def upload(emulator: Any, records: list[dict[str, Any]]) -> dict[str, Any]:
    """Upload records as another tool does, and return CleverTap's response."""
    answer = requests.post(
        f"{emulator.url}/1/upload",
        json={"d": records},
        headers={
            "X-CleverTap-Account-Id": emulator.account_id,
            "X-CleverTap-Passcode": emulator.passcode,
        },
        timeout=30,
    )
    result: dict[str, Any] = answer.json()
    return result
