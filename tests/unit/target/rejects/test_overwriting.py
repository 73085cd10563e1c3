"""Which profiles among rejects are older than others of their user."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from target_clevertap.records.mapping import RecordUser
from target_clevertap.rejects.lines import read_line
from target_clevertap.rejects.overwriting import Overwriting

NOW = dt.datetime(2026, 9, 1, tzinfo=dt.timezone.utc)


def warnings(*versions):
    watch = Overwriting(NOW)
    shape = {"type": "SCHEMA", "stream": "users", "bookmark_properties": ["version"]}
    watch.note(read_line(1, json.dumps(shape).encode()))
    user = RecordUser(["identity\0ada@example.org"], is_profile=True)
    messages = []
    for version in versions:
        found = {"email": "ada@example.org", "version": version}
        notes = {"code": 515, "rejected_at": NOW.isoformat()}
        messages.append({"type": "RECORD", "stream": "users", "record": found, **notes})
    for number, message in enumerate(messages, 2):
        watch.look(read_line(number, json.dumps(message).encode()), user, is_chosen=True)
    return [*watch.warnings()]


@pytest.mark.parametrize("versions", [(2, 1.5), (1.5, 2, 1), ("b", "a")])
def test_an_earlier_version_is_older(versions):
    (warning,) = warnings(*versions)
    assert warning.startswith("1 profiles are older than another")


@pytest.mark.parametrize(
    "versions", [(1, 2), (float("nan"), 1), (1, float("nan")), (1.5, "2"), (None, 1)]
)
def test_what_cannot_be_compared_is_not_older(versions):
    assert warnings(*versions) == []
