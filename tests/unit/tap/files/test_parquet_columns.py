"""Columns of Parquet files: flat, renamed, missing, or twice."""

import json
from io import BytesIO

import pyarrow as pa
import pytest

from tap_clevertap.files.encoder import FileEncoder
from tap_clevertap.files.errors import UnreadFileError
from tap_clevertap.files.formats.readers import reader_of
from tap_clevertap.files.rows import ReadOptions
from tap_clevertap.records.exact_json import canonical_json
from tests.support.files.parquet_files import PROPS, TS, events, file_of, pairs
from tests.support.files.reading import ZONE, KeptRows, events_in


def one(content, **more):
    (event,) = events_in("parquet", content, **more)
    return event


def refusal(content, **more):
    with pytest.raises(UnreadFileError) as refused:
        events_in("parquet", content, **more)
    return refused.value.message


def test_columns_may_be_flat():
    columns = {
        "eventProps.Amount": pa.array([1.5, None]),
        "eventProps.a.b": pa.array([None, "x"]),
        "profile.objectId": pa.array(["__o1", None]),
        "profile.name": pa.array(["Ada", "Eve"]),
        "deviceInfo.make": pa.array(["X", None]),
        "deviceInfo.dimensions.width": pa.array([67, None]),
        "Own column": pa.array(["y", None]),
    }

    first, second = events_in("parquet", file_of(events(columns)))

    assert canonical_json(first.props) == b'{"Amount":1.5,"Own column":"y"}'
    assert second.props == {"a.b": "x"}
    assert first.user == {
        "object_id": "__o1",
        "name": "Ada",
        "app": {"make": "X", "dimensions": {"width": 67}},
    }
    assert second.user == {"name": "Eve"}


def test_a_second_time_next_to_ts_stays_in_the_record():
    columns = {"ts": pa.array([TS]), "eventTime": pa.array(["1763418203"])}

    event = one(file_of(pa.table({"eventName": ["Charged"], **columns})))

    assert (event.ts, event.user) == (TS, {"app": {"eventTime": "1763418203"}})


def test_a_column_that_nobody_knows_is_no_property_where_these_have_a_map():
    columns = {
        "eventProps": pa.array([pairs({"a": 1})], PROPS),
        "profile": pa.array([pairs({"email": "a@b.c"})], PROPS),
        "appId": pa.array([5]),
        "email": pa.array(["x"]),
    }

    content = file_of(events(columns))
    event, renamed = one(content), one(content, columns={"eventProps.a": "eventProps.b"})

    assert (event.props, renamed.props) == ({"a": 1}, {"b": 1})
    assert (
        event.user
        == renamed.user
        == {"email": "a@b.c", "app": {"columns": {"appId": 5, "email": "x"}}}
    )


def test_identities_may_be_columns_of_their_own():
    columns = {
        "identity": pa.array(["u1"]),
        "clevertapId": pa.array(["__o1"]),
        "all_identities": pa.array(["[u1, u2]"]),
    }

    assert one(file_of(events(columns))).user == {
        "object_id": "__o1",
        "identity": "u1",
        "all_identities": ["u1", "u2"],
    }


def test_columns_and_members_may_have_other_names():
    columns = {
        "Wer": pa.array([pairs({"Nummer": "__o1", "identity": "u1"})], PROPS),
        "Was": pa.array([pairs({"Betrag": 5, "x": 1.5})], PROPS),
        "profile": pa.array([pairs({"Name": "Ada"})], PROPS),
    }
    table = events(columns).rename_columns(["Ereignis", "Zeit", *columns])
    names = {"Ereignis": "eventName", "Zeit": "eventTime", "Wer": "identity", "Was": "eventProps"}
    inner = {
        "Wer.Nummer": "identity.clevertapId",
        "Was.Betrag": "eventProps.Amount",
        "profile.Name": "profile.name",
    }

    outer_only = one(file_of(table), columns=names)
    both = one(file_of(table), columns={**names, **inner})

    assert outer_only.props == {"Betrag": 5, "x": 1.5}
    assert outer_only.user == {"identity": "u1", "app": {"Nummer": "__o1", "Name": "Ada"}}
    assert canonical_json(both.props) == b'{"Amount":5,"x":1.5}'
    assert both.user == {"object_id": "__o1", "identity": "u1", "name": "Ada"}
    assert both.ts == outer_only.ts == TS


def test_a_member_of_another_name_must_not_hide_one():
    table = events({"eventProps": pa.array([pairs({"a": 1, "b": 2}), pairs({"a": 3})], PROPS)})
    bad = KeptRows()

    rows = events_in("parquet", file_of(table), {"eventProps.a": "eventProps.b"}, bad)

    assert [event.props for event in rows] == [{"b": 3}]
    assert [(number, reason) for number, _, reason in bad.rows] == [
        (1, "has more than one value for `eventProps.b`")
    ]


def test_a_column_within_another_is_refused():
    columns = {
        "deviceInfo": pa.array([pairs({"make": "X"})], PROPS),
        "deviceInfo.dimensions.width": pa.array([67]),
    }

    assert refusal(file_of(events(columns))) == (
        "has `deviceInfo` and `deviceInfo.dimensions.width`, which both stand for `deviceInfo`; "
        "correct export_files_columns"
    )


@pytest.mark.parametrize(
    ("drop", "named", "message"),
    [
        ("eventName", {}, "has no column `eventName`; name the columns in export_files_columns"),
        (
            "eventTime",
            {},
            "has no column `ts` or `eventTime`; name the columns in export_files_columns",
        ),
        (
            None,
            {"eventProps": "profile"},
            "has `profile` and `eventProps`, which both stand for `profile`",
        ),
    ],
)
def test_a_file_whose_columns_do_not_tell_what_they_are_is_refused(drop, named, message):
    table = events({"profile": pa.array([[]], PROPS), "eventProps": pa.array([[]], PROPS)})
    content = file_of(table.drop_columns(drop) if drop else table)

    assert refusal(content, columns=named).startswith(message)


def test_properties_that_are_no_object_become_one():
    column = pa.array(['{"a": 1}', None, ""])

    rows = reader_of("parquet").event_rows
    (part,) = rows(
        BytesIO(file_of(events({"eventProps": column}))),
        ReadOptions(ZONE, {}, KeptRows(skip=False)),
    )
    encoded = FileEncoder(account_id="A", zone=ZONE).encode(part, zeros, "k").content

    shown = [json.loads(line)["record"]["event_props"] for line in encoded.splitlines()]
    assert shown == [{"value": '{"a": 1}'}, None, {"value": ""}]


def pa_file(content):
    return pa.BufferReader(content)


def options(bad=None):
    return ReadOptions(ZONE, {}, bad or KeptRows(skip=False))


def zeros(fingerprints, _):
    return [0] * len(fingerprints)
