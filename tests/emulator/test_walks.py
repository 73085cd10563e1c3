"""Reading exports to their end gives exactly the truth."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

BOTH = pytest.mark.parametrize("contract", ["documented", "captured"])


def walk(emulator, path: str, question: dict[str, Any], **query: Any) -> list[dict[str, Any]]:
    """Read an export as a careful client does, and return its pages."""
    opened = emulator.api("POST", path, params=query, json=question).json()
    cursor, pages = opened.get("cursor"), []
    while cursor:
        page = emulator.api("GET", f"{path}?cursor={cursor}").json()
        if page.get("code") == 2:
            continue
        assert page["status"] == "success", page
        pages.append(page)
        cursor = page.get("next_cursor")
    return pages


def records(pages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [record for page in pages for record in page.get("records", [])]


def canonical(event: dict[str, Any]) -> str:
    return json.dumps(event, sort_keys=True)


def as_truth(name: str, record: dict[str, Any]) -> str:
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


def whole_range(emulator) -> dict[str, int]:
    health = emulator.api("GET", "/_emulator/health").json()
    return {
        "from": int(health["first_day"].replace("-", "")),
        "to": int(health["today"].replace("-", "")),
    }


@BOTH
@pytest.mark.parametrize("size", [23, 100, 5000])
def test_every_event_leaves_once_whatever_the_page_size(start_emulator, contract, size):
    emulator = start_emulator(contract=contract, days=3, preparing=0, events_per_day=400)
    truth = emulator.truth(kind="events")
    read: Counter[str] = Counter()
    for name in truth["event_names"]:
        pages = walk(
            emulator,
            "/1/events.json",
            {"event_name": name, **whole_range(emulator)},
            batch_size=size,
        )
        read.update(as_truth(name, record) for record in records(pages))
    assert read == Counter(canonical(event) for event in truth["events"])


@BOTH
def test_every_person_leaves_once_with_all_devices(start_emulator, contract):
    emulator = start_emulator(contract=contract, days=3, users=300)
    truth = emulator.truth(kind="profiles", event_name="App Launched")["profiles"]
    question = {"event_name": "App Launched", **whole_range(emulator)}
    people = records(walk(emulator, "/1/profiles.json", question, batch_size=50))

    def devices(person):
        return tuple(device["objectId"] for device in person["platformInfo"])

    read = Counter((person.get("identity"), devices(person)) for person in people)
    assert read == Counter((person["identity"], tuple(person["object_ids"])) for person in truth)
    assert max(len(person["object_ids"]) for person in truth) > 1
    assert any(person["identity"] is None for person in truth)
