"""Nothing that is secret or about a person is in any log line, at any level."""

from __future__ import annotations

import pytest

from plugin_process import run_tap, tap_config

SMALL = {
    "timezone": "UTC",
    "days": 2,
    "users": 30,
    "events_per_day": 100,
    "passcode": "s3cr3t-p4ss",
}
FAULTS = [
    {"match": {"kind": "page", "number": 2}, "action": {"status": 503}},
    {"match": {"kind": "page", "number": 3}, "action": {"cut": "after"}},
    {"match": {"kind": "page", "number": 4}, "action": {"expire_cursor": True}},
    {"match": {"kind": "page", "number": 5}, "action": {"html": True}},
]


@pytest.mark.parametrize("broken", [False, True], ids=["recovered", "stopped"])
def test_no_secret_no_cursor_and_no_person_is_logged(start_emulator, broken):
    emulator = start_emulator(**SMALL)
    faults = [*FAULTS, {"match": {"kind": "page", "number": 8}, "action": {"status": 403}}]
    emulator.faults(faults if broken else FAULTS)
    config = tap_config(emulator, timezone="UTC", profile_events=["*"], max_in_flight=1)
    output = run_tap(config, TAP_CLEVERTAP_LOGLEVEL="DEBUG")
    assert (output.status != 0) == broken
    assert "DEBUG" in output.log
    people = emulator.truth(kind="profiles")["profiles"]
    secrets = {emulator.passcode, "cursor=", "%2B", "%3D"}
    secrets.update(
        str(person[field])
        for person in people
        for field in ("identity", "email", "phone", "name")
        if len(str(person[field] or "")) > 5
    )
    secrets.update(device for person in people for device in person["object_ids"])
    assert len(secrets) > 30
    assert not [secret for secret in secrets if secret in output.log]
