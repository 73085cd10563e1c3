from __future__ import annotations

import json
from datetime import datetime, timezone
from random import Random
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_clevertap.errors import CleverTapError
from tap_clevertap.output.bad_rows import PageBadRows
from tap_clevertap.records.errors import BadRowError
from tap_clevertap.records.event_time import event_time
from tap_clevertap.records.events import (
    PageContext,
    event_record,
    event_records,
    row_fingerprint,
)
from tap_clevertap.records.keys import event_key, fingerprint_prefix
from tap_clevertap.records.profiles import profile_record
from tap_clevertap.records.rows import read_rows

ACCOUNT = "TEST-000-0000"
UTC = timezone.utc
ROW = (
    b'{"profile":{"objectId":"__g1","identity":"5","profileData":{"a":1}},"ts":20260831120000,'
    b'"event_props":{"Amount":12.50,"Items":[{"b":1,"a":2}]},"session_props":{}}'
)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


def row_of(content: bytes):
    return read_rows(b"[" + content + b"]", bad_rows())[0]


def key_of(content: bytes, ordinal: int = 0, account: str = ACCOUNT, name: str = "Charged"):
    return event_key(row_fingerprint(fingerprint_prefix(account, name), row_of(content)), ordinal)


def shuffled(value, random):
    if isinstance(value, list):
        return [shuffled(item, random) for item in value]
    if isinstance(value, dict):
        items = list(value.items())
        random.shuffle(items)
        return {key: shuffled(item, random) for key, item in items}
    return value


def test_the_key_of_a_known_row_does_not_change():
    assert key_of(ROW) == "103a142d9758388e9f8bb4e42a071082"


@given(
    props=st.dictionaries(st.text(), JSON_VALUES),
    blocks=st.lists(st.dictionaries(st.text(), JSON_VALUES), min_size=2, max_size=2),
)
def test_the_key_does_not_depend_on_what_became_of_the_user_since(props, blocks):
    one, other = (
        {"profile": {**block, "objectId": "x"}, "ts": 20260831120000, "event_props": props}
        for block in blocks
    )
    assert key_of(msgspec.json.encode(one)) == key_of(msgspec.json.encode(other))


@given(props=st.dictionaries(st.text(), JSON_VALUES), seed=st.integers())
def test_the_key_does_not_depend_on_the_order_of_keys(props, seed):
    row = {"profile": {"objectId": "x"}, "ts": 20260831120000, "event_props": props}
    other = shuffled(row, Random(seed))
    assert key_of(msgspec.json.encode(row)) == key_of(msgspec.json.encode(other))


def test_the_key_does_not_depend_on_the_profile_of_today():
    assert key_of(ROW) == key_of(ROW.replace(b'"a":1', b'"a":2'))


@pytest.mark.parametrize("block", [b"", b',"event_props":null', b',"event_props":{}'])
def test_absent_null_and_empty_blocks_have_one_key(block):
    row = b'{"profile":{"objectId":"x"},"ts":20260831120000' + block + b"}"
    assert key_of(row) == key_of(b'{"profile":{"objectId":"x"},"ts":20260831120000}')


@pytest.mark.parametrize(
    "other",
    [
        ROW.replace(b"12.50", b"12.5"),
        ROW.replace(b"__g1", b"__g2"),
        ROW.replace(b"120000", b"120001"),
        ROW.replace(b'"session_props":{}', b'"session_props":{"utm":"x"}'),
    ],
    ids=["number as sent", "object id", "ts", "session_props"],
)
def test_the_key_tells_events_apart(other):
    assert key_of(ROW) != key_of(other)


def test_account_name_and_ordinal_are_part_of_the_key():
    keys = {key_of(ROW), key_of(ROW, 1), key_of(ROW, account="B"), key_of(ROW, name="B")}
    assert len(keys) == 4


@pytest.mark.parametrize(
    ("ts", "zone", "expected"),
    [
        pytest.param(20221119054937, "Asia/Kolkata", "2022-11-19T00:19:37+00:00", id="recorded"),
        pytest.param(20181104003000, "America/Sao_Paulo", "2018-11-04T03:30:00+00:00", id="gap"),
        pytest.param(20241103013000, "America/New_York", "2024-11-03T05:30:00+00:00", id="first"),
        pytest.param(20161231235960, "UTC", "2016-12-31T23:59:59+00:00", id="leap second"),
        pytest.param("20260831120000", "UTC", "2026-08-31T12:00:00+00:00", id="text"),
    ],
)
def test_ts_is_read_in_the_time_zone_of_the_project(ts, zone, expected):
    assert event_time(ts, ZoneInfo(zone)) == expected


@given(
    instant=st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - the strategy adds the zone
    zone=st.timezone_keys().filter(lambda key: not key.startswith("right/")).map(ZoneInfo),
)
def test_any_instant_comes_back_from_the_wall_clock_of_any_zone(instant, zone):
    local = instant.replace(microsecond=0).astimezone(zone)
    found = datetime.fromisoformat(event_time(int(f"{local:%Y%m%d%H%M%S}"), zone))
    assert found == local.replace(fold=0).astimezone(UTC)
    assert (found == instant.replace(microsecond=0)) == (local.fold == 0)


@pytest.mark.parametrize("ts", [None, "yesterday", 20261301000000, 0, 20260831120099, 10**40])
def test_a_ts_that_is_no_moment_stops_the_run(ts):
    with pytest.raises(BadRowError, match="ts"):
        event_time(ts, ZoneInfo("UTC"))


def test_a_row_becomes_a_record_with_every_field():
    row = row_of(
        b'{"profile":{"objectId":"o","identity":7,"phone":919,"platform":"Android","email":"e",'
        b'"name":"n","profileData":{"d":1},"make":"m","df":{"0":68}},"ts":20260831120000,'
        b'"event_props":{"p":1.10},"session_props":{"session_source":"Direct"}}'
    )
    record = event_record(row, key="k", event_name="e", ordinal=2, zone=ZoneInfo("UTC"))
    assert json.loads(msgspec.json.encode(record)) == {
        "event_key": "k",
        "event_name": "e",
        "event_time": "2026-08-31T12:00:00+00:00",
        "ts": 20260831120000,
        "occurrence": 2,
        "object_id": "o",
        "identity": "7",
        "all_identities": None,
        "name": "n",
        "email": "e",
        "phone": "919",
        "platform": "Android",
        "event_props": {"p": "1.10"},
        "session_props": {"session_source": "Direct"},
        "session_source": "Direct",
        "profile_data": {"d": 1},
        "app": {"make": "m", "df": {"0": 68}},
    }


def test_broken_text_is_read_with_replacement_characters_and_exact_numbers():
    rows = read_rows(b'[{"ts":1,"event_props":{"a":"\\ud800x","b":"\xff","c":1.10}}]', bad_rows())
    assert rows[0].event_props["a"] == "\ufffdx"
    assert rows[0].event_props["b"] == "\ufffd"
    assert str(rows[0].event_props["c"]) == "1.10"


def test_rows_that_are_no_list_stop_the_run():
    with pytest.raises(CleverTapError, match="not a list"):
        read_rows(b'{"ts":1}', bad_rows())


@pytest.mark.parametrize("content", [b"[1]", b'[{"profile":5}]', b"[[]]", b'["\xff"]'])
def test_rows_that_are_no_objects_stop_the_run_or_are_set_aside(content):
    with pytest.raises(CleverTapError, match="export of `Charged`, a day: a row is not an object"):
        read_rows(content, bad_rows())
    skipped = bad_rows(skip=True)
    (row,) = read_rows(content[:-1] + b',{"ts":1.50}]', skipped)
    assert str(row.ts) == "1.50"
    assert len(skipped.rows) == 1


def test_an_integer_with_more_digits_than_python_reads_is_kept_as_text():
    digits = "9" * 5000
    content = b'[{"ts":"no time","other":1},{"ts":20260831120000,"event_props":{"n":%b}}]'
    kept = bad_rows(skip=True)
    page = PageContext(ACCOUNT, "Charged", ZoneInfo("UTC"), kept)
    rows = event_records(content % digits.encode(), lambda rows, _: [0] * len(rows), page)
    assert [record["event_props"] for record in rows] == [{"n": digits}]
    assert len(kept.rows) == 1


def bad_rows(*, skip=False):
    return PageBadRows("Charged", "a day", skip=skip)


def profile(**fields):
    return profile_record(fields, account_id=ACCOUNT, seen_through="2026-08-31")


def test_a_person_keeps_the_key_when_devices_come_and_go():
    one = profile(identity="5", platformInfo=[{"objectId": "b"}])
    two = profile(identity=5, platformInfo=[{"objectId": "b"}, {"objectId": "a"}])
    assert one["profile_key"] == two["profile_key"]
    assert two["object_ids"] == ["a", "b"]


def test_an_anonymous_user_is_keyed_by_the_smallest_object_id():
    one = profile(platformInfo=[{"objectId": "b"}, {"objectId": "a"}])
    two = profile(objectId="a")
    assert one["profile_key"] == two["profile_key"]
    assert one["profile_key"] != profile(identity="a")["profile_key"]


@pytest.mark.parametrize("name", ["badKs", "badks", "bad_identities", "df", "push_token"])
def test_a_field_without_a_column_is_kept_with_the_properties(name):
    one = profile(identity="5", profileData={"Plan": "Gold"}, **{name: ["FB:1"]})
    assert one["profile_data"] == {"Plan": "Gold", name: ["FB:1"]}
    assert profile(identity="5", profileData=None, **{name: 1})["profile_data"] == {name: 1}
    assert profile(identity="5", profileData={name: 2}, **{name: 1})["profile_data"] == {name: 2}
    assert one["profile_key"] == profile(identity="5")["profile_key"]


def test_what_a_device_has_is_kept():
    devices = [{"objectId": "a", "ls": 1795164924}, {"objectId": "b"}, "c"]
    one = profile(objectId="d", platformInfo=devices, events={"Charged": {"count": 2}})
    assert one["platform_info"] == devices
    assert one["object_ids"] == ["a", "b", "d"]
    assert one["events"] == {"Charged": {"count": 2}}
    assert one["profile_data"] is None
