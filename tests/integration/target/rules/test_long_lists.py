"""Lists of more values than CleverTap keeps: sent, as it decides, with a warning."""

from __future__ import annotations

import pytest

from target_clevertap.records.limit_table import LIST_VALUES
from tests.support.record_paths import PATHS, delivered, sent_by
from tests.support.target_process import record, schema

WARNING = "column `tags` has lists of more than 100 values, of which CleverTap drops the oldest"


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("operator", "is_lost"), [("$add", True), ("$set", True), ("$remove", False)]
)
def test_a_list_beyond_the_limit_is_sent_with_one_warning(target, path, operator, is_lost):
    rule = {"type": "profile", "identity": "id", "operations": {"tags": operator}}
    head = schema("people", {"id": {}, "tags": {}}, ["id"], ["at"])
    rows = [
        record("people", id=f"u{n}", tags=[f"v{each}" for each in range(LIST_VALUES.most + more)])
        for n, more in enumerate((0, 1, 2))
    ]
    finished = sent_by(path, target, [head], rows, streams={"people": rule})
    assert finished.status == 0, finished.log
    lengths = [len(each["profileData"]["tags"][operator]) for each in delivered(target)]
    assert sorted(lengths) == [100, 101, 102]
    assert finished.log.count(WARNING) == is_lost


def test_clevertap_keeps_the_newest_hundred(target, emulator):
    rule = {"type": "profile", "identity": "id", "operations": {"tags": "$set"}}
    head = schema("people", {"id": {}, "tags": {}}, ["id"], ["at"])
    row = record("people", id="ada", tags=[f"v{each}" for each in range(101)])
    finished = target.run([head, row], streams={"people": rule})
    kept = emulator.api("GET", "/1/profile.json?identity=ada").json()["record"]["profileData"]
    assert kept["tags"] == [f"v{each}" for each in range(1, 101)]
    assert WARNING in finished.log


def test_a_list_at_the_limit_is_no_reason_to_warn(target):
    rule = {"type": "profile", "identity": "id", "operations": {"tags": "$set"}}
    head = schema("people", {"id": {}, "tags": {}}, ["id"], ["at"])
    row = record("people", id="ada", tags=[f"v{each}" for each in range(100)])
    assert WARNING not in target.run([head, row], streams={"people": rule}).log
