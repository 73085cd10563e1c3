"""Columns of text files may be renamed, dropped and in any order: each value of a row is found."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from clevertap_emulator.files.export import export_files
from tap_clevertap.files.content import open_content
from tap_clevertap.files.profile_records import ProfileRecords
from tests.support.files.exported import OF_USER, counted
from tests.support.files.reading import events_in, profiles_in

HISTORY = {"today": "2026-08-31", "days": 3, "users": 30, "events_per_day": 120}
RENAMED = {
    "ts": "Zeit",
    "eventName": "Was",
    "profile.identity": "User",
    "deviceInfo.make": "Marke",
    "eventProps.Amount": "Betrag",
    "identity": "Kunde",
    "clevertapIds": "Geraete",
    "Email": "Mail",
}
NEW_FLOW = {
    "rename": tuple(f"{old}={new}" for old, new in RENAMED.items()),
    "drop": ("profile.email", "controlGroupName", "sessionProps", "clevertapId", "Phone"),
    "shuffle_columns": True,
}
LAYOUTS = {
    "csv": {},
    "csv of the new flow": NEW_FLOW,
    "xml": {},
    "xml of the new flow": NEW_FLOW | {"xml_root": False},
    "xml with other blocks": {"rename": ("deviceInfo=Geraet", "eventProps=Daten")},
}
COLUMNS = {new: old for old, new in RENAMED.items()} | {
    "Geraet": "deviceInfo",
    "Daten": "eventProps",
}


@pytest.fixture(params=LAYOUTS, scope="module")
def case(request, tmp_path_factory):
    """Return the truth, and the rows that are read, of events and of profiles."""
    folder = tmp_path_factory.mktemp("files")
    file_format = request.param.partition(" ")[0]
    exported = export_files(folder, format=file_format, **HISTORY, **LAYOUTS[request.param])
    events, profiles = [], []
    for path in sorted(folder.rglob("*.gz")):
        with path.open("rb") as file, open_content(file, "auto", COLUMNS).content as content:
            unpacked = content.read()
        with path.open("rb") as file:
            kind = open_content(file, "auto", COLUMNS).kind
        if kind == "events":
            events += map(as_truth, events_in(file_format, unpacked, COLUMNS))
        else:
            records = ProfileRecords(
                account_id="A", seen_through="2026-08-31", source_file="f", columns=COLUMNS
            )
            profiles += records.records(profiles_in(file_format, unpacked, COLUMNS))
    return exported, events, profiles


def as_truth(event):
    app = dict(event.user.get("app", {}))
    return {
        "event_name": event.name,
        "ts": int(event.ts),
        "object_id": event.object_id,
        **{name: event.user.get(name) for name in OF_USER},
        "push_token": app.pop("push_token", None),
        "control_group": app.pop("controlGroupName", None),
        "device": app,
        "event_props": event.props,
        "session_props": event.session,
    }


def test_events_are_those_of_the_history(case):
    exported, events, _ = case

    assert counted(events) == counted(exported.events)


def test_profiles_are_those_of_the_history(case):
    exported, _, profiles = case
    fields = ("identity", "object_ids", "all_identities", "name", "email", "phone")

    def summed(rows):
        return Counter(json.dumps(row, sort_keys=True) for row in rows)

    assert summed(
        {name: each[name] for name in fields} | {"data": each["profile_data"]} for each in profiles
    ) == summed(
        {name: each[name] for name in fields}
        | {"object_ids": sorted(each["object_ids"])}
        | {"data": each["profile_data"] | ({"token": each["token"]} if each["token"] else {})}
        for each in exported.profiles
    )
