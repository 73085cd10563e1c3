"""How the emulator's own tests read an export: carefully, page by page, to the end."""

from __future__ import annotations

import json
from typing import Any

EVENTS, PROFILES = "/1/events.json", "/1/profiles.json"


def opened(emulator, question: dict[str, Any], path: str = EVENTS, **query: Any) -> str:
    """Open an export and return its cursor, percent-encoded as it came."""
    answer = emulator.api("POST", path, params=query, json=question).json()
    assert answer["status"] == "success", answer
    return answer["cursor"]


def pages_from(emulator, cursor: str | None, path: str = EVENTS) -> list[dict[str, Any]]:
    pages = []
    while cursor:
        page = emulator.api("GET", f"{path}?cursor={cursor}").json()
        if page.get("code") == 2:
            continue
        assert page["status"] == "success", page
        pages.append(page)
        cursor = page.get("next_cursor")
    return pages


def walk(emulator, question: dict[str, Any], path: str = EVENTS, **query: Any) -> list[dict]:
    return pages_from(emulator, opened(emulator, question, path, **query), path)


def records(pages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [record for page in pages for record in page.get("records", [])]


def canonical(event: dict[str, Any]) -> str:
    return json.dumps(event, sort_keys=True)


def as_truth(name: str, record: dict[str, Any]) -> str:
    """Write an export's record as the truth has it."""
    profile = record["profile"]
    return canonical(
        {
            "event_name": name,
            "ts": record["ts"],
            "object_id": profile["objectId"],
            "identity": profile.get("identity"),
            "event_props": record.get("event_props"),
            "session_props": record.get("session_props"),
        }
    )


def asking(emulator, name: str) -> dict[str, Any]:
    """Ask for the whole history of one event."""
    health = emulator.api("GET", "/_emulator/health").json()
    first, last = (int(health[key].replace("-", "")) for key in ("first_day", "today"))
    return {"event_name": name, "from": first, "to": last}
