"""Rows of Parquet files: blocks of events become their fields, and profiles have all columns."""

import pyarrow as pa
import pytest

from tap_clevertap.files.errors import UnreadFileError
from tests.support.files.parquet_files import EPOCH, PROPS, TEXT, TS, events, file_of, pairs, union
from tests.support.files.reading import KeptRows, events_in, kind_in, profiles_in

IDENTITY = union(member0=TEXT, member1=pa.list_(TEXT))


def one(content, **more):
    (event,) = events_in("parquet", content, **more)
    return event


def refusal(content, **more):
    with pytest.raises(UnreadFileError) as refused:
        events_in("parquet", content, **more)
    return refused.value.message


def user_in(**blocks):
    columns = {name: pa.array([pairs(block)], PROPS) for name, block in blocks.items()}
    return one(file_of(events(columns)))


def test_the_columns_of_real_files_become_the_fields_of_an_event():
    identity = [
        ("clevertapId", {"member0": "__o1"}),
        ("identity", {"member0": "007"}),
        ("all_identities", {"member1": ["007", "a@b.c"]}),
    ]
    device = {"platform": "Android", "make": "X", "dpi": 480, "width": 2.5}
    content = file_of(
        events(
            {
                "identity": pa.array([identity], IDENTITY),
                "eventProps": pa.array([pairs({"CT Source": "API", "CT Session Id": 7})], PROPS),
                "deviceInfo": pa.array([pairs(device)], PROPS),
                "profile": pa.array([pairs({"name": "Ada", "email": "a@b.c", "tier": 2})], PROPS),
                "sessionProps": pa.array([pairs({"utm_source": "x"})], PROPS),
                "controlGroupName": pa.array(["CG"], TEXT),
            }
        )
    )

    event = one(content)

    assert kind_in("parquet", content) == "events"
    assert (event.number, event.name, event.ts, event.object_id) == (1, "Charged", TS, "__o1")
    assert event.props == {"CT Session Id": 7, "CT Source": "API"}
    assert event.session == {"utm_source": "x"}
    assert event.user == {
        "object_id": "__o1",
        "identity": "007",
        "all_identities": ["007", "a@b.c"],
        "name": "Ada",
        "email": "a@b.c",
        "platform": "Android",
        "app": {"tier": 2, "make": "X", "dpi": 480, "width": 2.5, "controlGroupName": "CG"},
    }


def test_absent_blocks_and_columns_are_absent():
    event = one(file_of(events({}, rows=1)))

    assert (event.object_id, event.user, event.props, event.session) == (None, {}, None, None)


def test_what_identity_and_profile_or_device_tell_differently_is_kept():
    event = user_in(
        identity={"clevertapId": "__o1", "identity": "u1", "email": "a@b.c"},
        profile={"identity": "u2", "email": "a@b.c", "platform": "iOS", "make": "X"},
        deviceInfo={"platform": "Android", "make": "X", "email": "d"},
    )

    assert event.user == {
        "object_id": "__o1",
        "identity": "u1",
        "email": "a@b.c",
        "platform": "iOS",
        "app": {
            "make": "X",
            "profile": {"identity": "u2"},
            "deviceInfo": {"platform": "Android", "email": "d"},
        },
    }


def test_numbers_and_flags_in_the_place_of_text_become_text():
    event = user_in(
        identity={"clevertapId": 5, "identity": 2**53 + 1}, profile={"name": 1.5, "x": 1}
    )

    assert event.object_id == 5
    assert event.user == {
        "object_id": "5",
        "identity": str(2**53 + 1),
        "name": "1.5",
        "app": {"x": 1},
    }


def test_a_bad_row_ends_the_file_where_it_is_not_to_be_skipped():
    content = file_of(events({"eventTime": pa.array([str(EPOCH), "x"])}))

    assert refusal(content) == (
        "line 2: a row has an `eventTime` that is not a time in seconds since 1970"
    )


def test_profiles_have_all_columns():
    preferences = union(member0=pa.bool_(), member6=pa.map_(TEXT, pa.bool_()))
    table = pa.table(
        {
            "identity": pa.array(["u1", None]),
            "profileIdentities": pa.array(
                [[("clevertapIds", {"member1": ["__o1", "__o2"]})], None], IDENTITY
            ),
            "device": pa.array([pairs({"make": "X"}), None], PROPS),
            "profileProps": pa.array([pairs({"Email": "a@b.c", "n": 2**53 + 1}), []], PROPS),
            "commPrefs": pa.array(
                [
                    [
                        ("MSG-push", {"member0": False}),
                        ("subscriptionGroups", {"member6": [("g", True)]}),
                    ],
                    None,
                ],
                preferences,
            ),
        }
    )
    content = file_of(table)

    assert kind_in("parquet", content) == "profiles"
    assert profiles_in("parquet", content) == [
        (
            1,
            {
                "identity": "u1",
                "profileIdentities": {"clevertapIds": ["__o1", "__o2"]},
                "device": {"make": "X"},
                "profileProps": {"Email": "a@b.c", "n": 2**53 + 1},
                "commPrefs": {"MSG-push": False, "subscriptionGroups": {"g": True}},
            },
        ),
        (2, {"profileProps": {}}),
    ]


def test_a_profile_that_cannot_be_read_is_a_bad_row():
    kind = union(member0=pa.duration("s"), member1=TEXT)
    rows = [[("a", {"member0": 5})], [("a", {"member1": "x"})]]
    bad = KeptRows()

    found = profiles_in(
        "parquet", file_of(pa.table({"profileProps": pa.array(rows, kind)})), None, bad
    )

    assert found == [(2, {"profileProps": {"a": "x"}})]
    assert [(number, reason) for number, _, reason in bad.rows] == [
        (1, "has a value of the type duration, which is not read")
    ]


def test_a_file_of_something_else_is_refused():
    with pytest.raises(UnreadFileError, match="has neither the columns `eventName` and"):
        kind_in("parquet", file_of(pa.table({"a": [1]})))


def test_blocks_that_are_no_objects_are_under_a_value():
    columns = {
        "profile": pa.array([["x"]]),
        "deviceInfo": pa.array([5]),
        "sessionProps": pa.array(["s"]),
        "identity": pa.array(["u1"]),
    }

    event = one(file_of(events(columns)))

    assert event.user == {"identity": "u1", "app": {"value": ["x"], "deviceInfo": {"value": 5}}}
    assert event.session == {"value": "s"}
