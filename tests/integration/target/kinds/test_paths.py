"""Every kind of record does the same on each path that a record can take."""

from __future__ import annotations

import pytest

from tests.support.record_paths import PATHS, sent_by
from tests.support.target_process import record, schema

PHONE, MAIL = "+4915112345678", "anna@example.org"
RULES = {
    "devices": {"type": "token", "identity": "device", "token": "token", "token_type": "fcm"},
    "opt_outs": {
        "type": "subscription",
        "identity": "mail",
        "identity_type": "email",
        "status_field": "wants",
    },
    "returned": {"type": "disassociate", "identity": "phone"},
    "gone": {"type": "delete", "identity": "user"},
    "users": {"type": "profile", "identity": "user", "on_deleted": "delete"},
}
ROWS = {
    "devices": [{"device": "__a1", "token": "t"}, {"device": "__a1", "token": None}],
    "opt_outs": [{"mail": MAIL, "wants": False}, {"mail": MAIL, "wants": "perhaps"}],
    "returned": [{"phone": PHONE}, {"phone": None}],
    "gone": [{"user": "ben"}, {"user": None}],
    "users": [
        {"user": "carla", "_sdc_deleted_at": "2026-03-01"},
        {"user": "dora", "_sdc_deleted_at": None},
        {"user": None, "_sdc_deleted_at": "2026-03-01"},
    ],
}


@pytest.mark.parametrize("path", PATHS)
def test_a_kind_is_the_same_on_each_path(target, emulator, path):
    schemas = [
        schema(stream, {"id": {"type": "integer"}, **{column: {} for column in rows[0]}})
        for stream, rows in ROWS.items()
    ]
    records = [
        record(stream, id=number, **row)
        for stream, rows in ROWS.items()
        for number, row in enumerate(rows)
    ]
    settings = {"confirm_deletes": True, "deletes_path": str(target.folder / "deletes.jsonl")}
    done = sent_by(path, target, schemas, records, streams=RULES, max_rejects=-1, **settings)
    assert done.status == 0, done.log
    calls = emulator.calls()
    assert calls["tokens"] == {"__a1": "fcm:t"}
    assert calls["subscribed"] == {f"email:{MAIL}": "Unsubscribe"}
    assert [each["value"] for each in calls["disassociated"]] == [PHONE]
    assert sorted(each["value"] for each in calls["deleted"]) == ["ben", "carla"]
    users = [each["record"]["identity"] for each in emulator.uploads()["profiles"]]
    assert "dora" in users
    assert target.rejected_codes() == {
        532: 1,
        "status_invalid": 1,
        "address_missing": 1,
        "identity_missing": 2,
    }
