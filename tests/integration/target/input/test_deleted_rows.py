"""Rows that were deleted at the source are not sent, on any path, and are counted."""

from __future__ import annotations

import pytest

from tests.support.record_paths import PATHS, delivered, sent_by
from tests.support.target_process import lines, record, schema, state

WHEN = "2026-03-01T12:00:00+00:00"
STREAMS = {
    "orders": {"type": "event", "event": "Ordered", "identity": "buyer", "time": "at"},
    "members": {"type": "profile", "identity": "id"},
    "points": {"type": "profile", "identity": "id", "operations": {"points": "$incr"}},
}
TIME = {"type": ["null", "string"], "format": "date-time"}
SCHEMAS = [
    schema("orders", {"id": {}, "buyer": {}, "at": TIME, "_sdc_deleted_at": TIME}, ["id"], ["at"]),
    schema("members", {"id": {}, "plan": {}, "_sdc_deleted_at": TIME}, ["id"], ["at"]),
    schema("points", {"id": {}, "points": {}}, ["id"], ["at"]),
]


def rows(mark, value):
    """Return a row of each stream with a mark, and one of the first without anything else."""
    marked = {mark: value}
    return [
        record("orders", id=1, buyer="b-1", at=WHEN, **marked),
        record("orders", id=2, buyer=None, at=None, **marked),
        record("members", id="m-1", plan="gold", **marked),
        record("points", id="m-1", points=50, **marked),
    ]


@pytest.mark.parametrize("path", PATHS)
def test_a_deleted_row_is_neither_event_nor_profile_nor_increment_nor_reject(target, path):
    living = record("orders", id=3, buyer="b-3", at=WHEN, _sdc_deleted_at=None)
    finished = sent_by(
        path, target, SCHEMAS, [*rows("_sdc_deleted_at", WHEN), living], streams=STREAMS
    )
    assert finished.status == 0, finished.log
    assert [each["identity"] for each in delivered(target)] == ["b-3"]
    assert "deleted at the source 4 (not sent)" in finished.log
    assert target.rejected() == []


DELETING = [
    ("_SDC_DELETED_AT", WHEN),
    ("_Sdc_Deleted_At", "2026-03-01 12:00:00"),
    ("_sdc_deleted_at", 1772366400),
    ("_sdc_deleted_at", True),
    ("_ab_cdc_deleted_at", WHEN),
    ("_AB_CDC_DELETED_AT", WHEN),
    ("_fivetran_deleted", True),
    ("_FIVETRAN_DELETED", 1),
    ("_fivetran_deleted", "true"),
    ("__SDC_DELETED_AT", WHEN),
]
NOT_DELETING = [
    ("_sdc_deleted_at", ""),
    ("_sdc_deleted_at", " "),
    ("_sdc_deleted_at", False),
    ("_SDC_DELETED_AT", None),
    ("_sdc_deleted_at", "null"),
    ("_sdc_deleted_at", "NaT"),
    ("_sdc_deleted_at", "False"),
    ("_sdc_deleted_at", "0"),
    ("_sdc_deleted_at", "0000-00-00 00:00:00"),
    ("_sdc_deleted_at", float("nan")),
    ("_ab_cdc_deleted_at", "None"),
    ("_fivetran_deleted", False),
    ("_fivetran_deleted", "false"),
    ("_fivetran_deleted", 0),
    ("_ab_cdc_deleted_at", None),
    ("deleted_at", WHEN),
    ("is_deleted", True),
    ("_sdc_extracted_at", WHEN),
]


def test_a_mark_counts_in_the_spellings_of_taps_and_loaders_and_empty_ones_do_not(target):
    messages, rules = [], {}
    for number, (mark, value) in enumerate([*DELETING, *NOT_DELETING]):
        stream = f"members{number}"
        rules[stream] = STREAMS["members"]
        messages.append(schema(stream, {"id": {}, "plan": {}}, ["id"], ["at"]))
        messages.append(record(stream, id=f"m-{number}", plan="gold", **{mark: value}))
    finished = target.run(messages, streams=rules)
    assert finished.status == 0, finished.log
    sent = {int(each["identity"].removeprefix("m-")) for each in target.delivered()}
    assert sent == {*range(len(DELETING), len(DELETING) + len(NOT_DELETING))}
    assert f"deleted at the source {len(DELETING)}" in finished.log


def test_the_tombstones_of_tap_diffgen_are_known_by_its_other_column(target):
    messages = [*SCHEMAS]
    for number, spelled in enumerate((str.lower, str.upper)):
        mark, other = spelled("is_deleted"), spelled("_sdc_diffgen_ts_created")
        living = {mark: False, other: WHEN}
        messages.append(record("members", id=f"living-{number}", plan="free", **living))
        messages.append(record("members", id=f"deleted-{number}", **{mark: True, other: WHEN}))
    finished = target.run(messages, streams=STREAMS)
    assert {each["identity"] for each in target.delivered()} == {"living-0", "living-1"}
    assert "deleted at the source 2" in finished.log


@pytest.mark.parametrize(
    "maps",
    [
        {"_sdc_deleted_at": None},
        {"id": "id", "plan": "plan", "__else__": None},
        {"gone": "_sdc_deleted_at", "_sdc_deleted_at": None},
        {"plan": "plan.upper()"},
    ],
    ids=["dropped", "not kept", "renamed", "an expression that fails on null"],
)
def test_the_row_as_it_came_decides_not_what_a_stream_map_makes_of_it(target, maps):
    deleted = record("members", id="m-1", plan=None, _sdc_deleted_at=WHEN)
    living = record("members", id="m-2", plan="x", _sdc_deleted_at=None)
    messages = [*SCHEMAS, deleted, living, state("end")]
    finished = target.run(messages, streams=STREAMS, stream_maps={"members": maps})
    assert finished.status == 0, finished.log
    assert finished.states == ["end"]
    assert [each["identity"] for each in target.delivered()] == ["m-2"]
    assert "deleted at the source 1" in finished.log


def test_a_stream_map_may_mark_rows_as_deleted(target):
    shape = schema("members", {"id": {}, "archived_at": TIME}, ["id"], ["at"])
    archived = record("members", id="m-1", archived_at=WHEN)
    living = record("members", id="m-2", archived_at=None)
    maps = {"members": {"_sdc_deleted_at": "archived_at"}}
    finished = target.run([shape, archived, living], streams=STREAMS, stream_maps=maps)
    assert [each["identity"] for each in target.delivered()] == ["m-2"], finished.log
    assert "deleted at the source 1" in finished.log


def test_a_stream_that_is_not_taken_counts_nothing(target):
    deleted = record("members", id="m-1", plan=None, _sdc_deleted_at=WHEN)
    finished = target.run([*SCHEMAS, deleted], streams=STREAMS, stream_maps={"members": None})
    assert "deleted at the source" not in finished.log


@pytest.mark.parametrize("path", PATHS)
def test_the_streams_of_tap_clevertap_out_of_a_warehouse_have_deleted_rows_too(target, path):
    event = {
        "event_key": "k",
        "event_name": "Viewed",
        "event_time": WHEN,
        "object_id": "__g1",
        "identity": "i-1",
        "event_props": {"a": 1},
    }
    profile = {
        "profile_key": "k",
        "identity": "i-1",
        "object_ids": ["__g1"],
        "profile_data": {"Plan": "gold"},
        "seen_through": "2026-03-01",
    }
    shapes = [
        schema("events", {key: {} for key in event}, ["event_key"], ["event_time"]),
        schema("profiles", {key: {} for key in profile}, ["profile_key"], ["seen_through"]),
    ]
    records = [
        record("events", **event, _SDC_DELETED_AT=WHEN),
        record("profiles", **profile, _SDC_DELETED_AT=WHEN),
        record("events", **{**event, "event_key": "k2"}, _SDC_DELETED_AT=None),
    ]
    finished = sent_by(path, target, shapes, records, streams={})
    assert finished.status == 0, finished.log
    assert [each["type"] for each in delivered(target)] == ["event"]
    assert "deleted at the source 2" in finished.log


def test_the_state_passes_deleted_rows_alone(target):
    deleted = record("members", id="m-1", plan=None, _sdc_deleted_at=WHEN)
    messages = [*SCHEMAS, deleted, state("one"), deleted, state("two")]
    finished = target.run(messages, streams=STREAMS)
    assert (finished.status, finished.states[-1:]) == (0, ["two"])
    assert target.requests() == []


def test_a_deleted_row_needs_no_key(target):
    finished = target.run(
        lines([*SCHEMAS, record("orders", buyer="b", at=WHEN, _sdc_deleted_at=WHEN)]),
        streams=STREAMS,
    )
    assert finished.status == 0, finished.log
    assert "deleted at the source 1" in finished.log
