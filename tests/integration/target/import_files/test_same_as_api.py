"""What goes into files and is imported is what goes through the API."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal

import pytest

from tests.support.forked_emulator import ForkedEmulator
from tests.support.sftp_servers import SSHD, asyncssh_server, openssh
from tests.support.target_process import TargetProcess, record, schema

EVENT_RULE = {
    "type": "event",
    "event_field": "kind",
    "identity": "user",
    "time": "at",
    "properties": {"Due": "due", "Näme, (odd) 🎉": "note"},
}
PROFILE_RULE = {
    "type": "profile",
    "identity": "user",
    "operations": {"tags": "$add", "gone": "$remove", "all": "$set", "old": "$delete"},
}
DEVICE_RULE = {"type": "profile", "identity": "device", "identity_type": "objectId"}
EVENT_COLUMNS = {
    "id": {"type": "integer"},
    "user": {"type": ["string", "null"]},
    "kind": {"type": "string"},
    "at": {"type": "string", "format": "date-time"},
    "due": {"type": ["string", "null"], "format": "date-time"},
    **{each: {} for each in ("note", "price", "gift", "large")},
}
PROFILE_COLUMNS = {
    "user": {"type": "string"},
    "old": {"type": ["boolean", "null"]},
    **{each: {} for each in ("Name", "Email", "Phone", "plan", "MSG-sms", "MSG-dndPhone", "born")},
    **{each: {} for each in ("tags", "gone", "all", "points", "Age", "Gender")},
}
TEXTS = ["007", "", " padded ", 'say "hi", twice', "two\nlines\r\n", "\ufeffmark", "=1+1", "true"]
TEXTS += ["null", "$add", "$D_12", "ünïcødé 🎉", "1e5", "\\", ",", "'", "x" * 512]
VALUES = [1, 2**31 - 1, 2**31, -(2**31) - 1, 2**53 + 1, 2**63 - 1, 0.1, 1e-7, -1.5, True, False]


def events():
    yield schema("events_in", EVENT_COLUMNS, ["id"], ["at"])
    for number, note in enumerate([*TEXTS, *VALUES, None]):
        yield record(
            "events_in",
            id=number,
            user=f"user {number % 7}",
            kind=("Ordered", "Viewed")[number % 2],
            at=f"2026-08-30T{number % 24:02}:00:00Z",
            due=None if number % 3 else "2026-09-01T12:00:00+02:00",
            note=note,
            price=(number / 4, number, str(number))[number % 3],
            gift=number % 2 == 0,
            large=VALUES[number % len(VALUES)],
        )
    yield schema("spelled", {"id": {}, "user": {}, "at": {}, "PRICE": {}}, ["id"], ["at"])
    for number in range(5):
        at = f"2026-08-31T0{number}:30:00Z"
        yield record("spelled", id=number, user="user 1", at=at, PRICE=f"p{number}")


def profiles():
    yield schema("people", PROFILE_COLUMNS, ["user"], [])
    users = [f"u{number % 9}" for number in range(40)]
    for number, user in enumerate(users):
        columns = {"user": user, "plan": TEXTS[number % len(TEXTS)] or None}
        if number % 2:
            columns |= {"tags": [f"t{number}", "a,b", f"{number % 4}"], "points": number}
        if number % 3 == 0:
            columns |= {
                "all": [f"s{number}", "x", "y"],
                "gone": ["a,b"],
                "MSG-sms": number % 2 == 0,
            }
        if number % 5 == 0:
            columns |= {"Email": f"{user}@example.org", "Phone": "+4915112345678", "Age": 30}
        if number % 7 == 0:
            columns |= {"old": True, "MSG-dndPhone": True, "Name": f'N "{number}"', "points": "7"}
        yield record("people", **columns)
    yield schema("devices", {"device": {"type": "string"}, "plan": {}}, ["device"], [])
    yield record("devices", device="__abc123", plan="Gold")


def input_lines():
    messages = [*events(), *profiles()]
    return b"".join(json.dumps(each).encode() + b"\n" for each in messages)


RULES = {
    "events_in": EVENT_RULE,
    "spelled": {"type": "event", "event": "viewed", "identity": "user", "time": "at"},
    "people": PROFILE_RULE,
    "devices": DEVICE_RULE,
}
OPTIONS = {"today": "2026-08-31", "days": 3, "users": 5, "events_per_day": 1}


def exact(value):
    """Return a value in a form where 1, true and "1" differ, and 5 and 5.0 do not."""
    if isinstance(value, dict):
        return {name: exact(each) for name, each in value.items()}
    if isinstance(value, list):
        return [exact(each) for each in value]
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return f"number {Decimal(repr(value)).normalize()}" if is_number else repr(value)


def stored(emulator):
    """Return the events that were stored, as a multiset, and the profile of each user."""
    truth = emulator.truth(kind="events", event_name=["Ordered", "Viewed"])["events"]
    found = Counter(
        json.dumps(
            [each["event_name"], each["ts"], each["identity"], exact(each["event_props"])],
            sort_keys=True,
        )
        for each in truth
        if str(each["identity"]).startswith("user ")
    )
    users = [{"identity": f"u{number}"} for number in range(9)] + [{"objectId": "__abc123"}]
    records = [
        emulator.api("GET", "/1/profile.json", params=user).json()["record"] for user in users
    ]
    parts = ("name", "email", "phone", "profileData")
    return found, [exact({part: each.get(part) for part in parts}) for each in records]


@pytest.fixture(scope="module")
def by_api(tmp_path_factory):
    folder = tmp_path_factory.mktemp("api")
    with ForkedEmulator.start(**OPTIONS) as emulator:
        target = TargetProcess(emulator, folder)
        ended = target.run(input_lines(), streams=RULES)
        assert ended.status == 0, ended.log
        return stored(emulator)


def run_files(tmp_path, folder, **settings):
    """Run the target into files that an emulator imports, and return what it stored."""
    with ForkedEmulator.start(drops=folder, **OPTIONS) as emulator:
        target = TargetProcess(emulator, tmp_path)
        given = {"client_email": "ops@example.org", "streams": RULES, **settings}
        ended = target.run(input_lines(), **given)
        assert (ended.status, target.rejected()) == (0, []), ended.log
        manifests = [*folder.glob("*.manifest"), *folder.glob("taken/*.manifest")]
        imports = emulator.drops(ended=len(manifests))
        assert [(each["status"], each["failed"]) for each in imports] == [("done", 0)] * len(
            manifests
        )
        assert not [*folder.glob("*.csv")]
        return stored(emulator)


def test_the_input_has_what_can_go_wrong(by_api):
    found, people = by_api
    assert found.total() == len(TEXTS) + len(VALUES) + 1 + 5
    assert all(each["profileData"] for each in people)


def test_files_in_a_folder_are_stored_as_by_the_api(tmp_path, by_api):
    folder = tmp_path / "in"
    folder.mkdir()
    found, people = run_files(tmp_path, folder, method="files", files_path=str(folder))
    assert found == by_api[0]
    assert people == by_api[1]


def test_small_files_keep_each_user_s_order(tmp_path, by_api):
    folder = tmp_path / "in"
    folder.mkdir()
    settings = {"method": "files", "files_path": str(folder), "files_max_bytes": 10_000}
    assert run_files(tmp_path, folder, **settings) == by_api
    assert len([*folder.glob("taken/*.manifest")]) > 4


@pytest.mark.parametrize("start", [openssh, asyncssh_server])
def test_files_on_an_sftp_server_are_stored_as_by_the_api(tmp_path, by_api, start):
    if start is openssh and SSHD is None:
        pytest.skip("OpenSSH's sshd is not installed")
    (tmp_path / "server").mkdir()
    with start(tmp_path / "server") as server:
        given = server.settings()
        keys = ("sftp_url", "sftp_key_path", "sftp_host_key")
        settings = {each: given[each] for each in keys}
        settings |= {"method": "sftp", "files_path": str(tmp_path / "files")}
        assert run_files(tmp_path, server.folder, **settings) == by_api
        assert not [*(tmp_path / "files").glob("*clevertap-*.csv*")]
