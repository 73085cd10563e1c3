"""What a record is in a file, and which records no file can have."""

from __future__ import annotations

import json

import pytest

from target_clevertap.import_files.cells import CellType, RowMaker
from target_clevertap.records.errors import RecordRefusedError


def event(properties=None, **more):
    return {
        "type": "event",
        "identity": "u",
        "evtName": "Order",
        "evtData": properties or {},
        **more,
    }


def profile(properties, **more):
    return {"type": "profile", "identity": "u", "profileData": properties, **more}


def rows(record, files_for="sftp"):
    return RowMaker(files_for).rows(json.dumps(record).encode())


def cells(record, files_for="sftp"):
    """Return the cells of each row as text by column, without the user key."""
    made = rows(record, files_for).rows
    return [{name: text for name, text, _ in row if name != "identity"} for row in made]


def code(record, files_for="sftp"):
    with pytest.raises(RecordRefusedError) as refusal:
        rows(record, files_for)
    return refusal.value.code


@pytest.mark.parametrize(
    ("value", "text", "kind"),
    [
        ("007", '"007"', CellType.TEXT),
        ('a "b", c', '"a ""b"", c"', CellType.TEXT),
        (" \r\n ", '" \r\n "', CellType.TEXT),
        ("$D_1700000000", '"$D_1700000000"', CellType.TEXT),
        (7, "7", CellType.WHOLE),
        (-(1 << 63), "-9223372036854775808", CellType.WHOLE),
        (1.5, "1.5", CellType.DECIMAL),
        (1e-7, "0.0000001", CellType.DECIMAL),
        (True, "true", CellType.FLAG),
        (False, "false", CellType.FLAG),
    ],
)
def test_a_value_is_a_cell_of_its_type(value, text, kind):
    assert rows(event({"Price": value})).rows[0][-1] == ("Price", text, kind)


def test_a_number_keeps_all_its_digits():
    payload = (
        b'{"type":"event","identity":"u","evtName":"O","evtData":{"P":0.12345678901234567890123}}'
    )
    assert RowMaker("sftp").rows(payload).rows[0][-1][1] == "0.12345678901234567890123"


def test_the_columns_of_an_event():
    assert rows(event({"Price": 1}, ts=5)) == (
        "event/identity",
        [
            [
                ("identity", '"u"', CellType.TEXT),
                ("evtName", '"Order"', CellType.TEXT),
                ("ts", "5", CellType.WHOLE),
                ("Price", "1", CellType.WHOLE),
            ]
        ],
        0,
    )


@pytest.mark.parametrize(
    ("key", "column"),
    [("identity", "identity"), ("objectId", "objectId"), ("FBID", "fbId"), ("GPID", "gpId")],
)
def test_each_user_key_has_a_column_and_files_of_its_own(key, column):
    made = rows({"type": "profile", key: "x", "profileData": {}})
    assert (made.pile, made.rows[0][0][0]) == (f"profile/{column}", column)


def test_a_list_has_a_row_for_each_value():
    record = profile({"A": {"$add": ["x", "y"]}, "B": {"$remove": ["z"]}, "City": "C"}, ts=5)
    assert cells(record) == [
        *[
            {
                "ts": "5",
                "City": '"C"',
                "A": '"x"',
                "A.operation": "$add",
                "B": '"z"',
                "B.operation": "$remove",
            }
        ],
        {"ts": "5", "A": '"y"', "A.operation": "$add"},
    ]


def test_a_whole_list_is_set_with_its_first_value_and_grows_by_the_others():
    operations = [row["A.operation"] for row in cells(profile({"A": {"$set": ["x", "y", "z"]}}))]
    assert operations == ["$set", "$add", "$add"]


def test_a_property_that_is_removed_has_an_empty_cell():
    assert cells(profile({"A": {"$delete": 1}})) == [{"A": "", "A.operation": "$delete"}]


def test_empty_text_is_left_out_of_events_and_counted():
    made = rows(event({"A": "", "B": "", "C": "x"}))
    assert (made.empty, [name for name, *_ in made.rows[0]]) == (2, ["identity", "evtName", "C"])


REFUSED = {
    "empty text": (profile({"A": ""}), "file_text"),
    "empty value": (profile({"A": {"$add": [""]}}), "file_text"),
    "NUL": (event({"A": "\0"}), "file_text"),
    "flag": (profile({"MSG-sms": "yes"}), "file_text"),
    "flag as number": (profile({"msg-email": 1}), "file_text"),
    "65 bits": (event({"A": 1 << 63}), "file_number"),
    "negative": (event({"A": -(1 << 63) - 1}), "file_number"),
    "list": (event({"A": ["x"]}), "file_nested"),
    "object": (event({"A": {"b": 1}}), "file_nested"),
    "list of objects": (profile({"A": {"$add": [{}]}}), "file_nested"),
    "Items": (event({"Items": [{"a": 1}]}, evtName="Charged"), "file_items"),
    "items": (event({"items": []}, evtName="charged"), "file_items"),
    "incr": (profile({"A": {"$incr": 1}}), "file_operation"),
    "decr": (profile({"A": {"$decr": 1}}), "file_operation"),
    "empty set": (profile({"A": {"$set": []}}), "file_operation"),
    "101 properties": (event({f"p{number}": 1 for number in range(101)}), "file_properties"),
    "two keys": (profile({}, objectId="x"), "file_kind"),
    "source": (event({}, **{"$source": "x"}), "file_kind"),
    "token": ({"type": "token", "tokenData": {}, "objectId": "x"}, "file_kind"),
    **{
        name: (event({name: "x"}), "file_name")
        for name in ("ts", "Identity", "EVT NAME", "guid", "fbId", "x.operation", "x.Operation ")
    },
    "joins users": (profile({"identity": "x"}), "file_name"),
    "one name": (event({"Price": 1, "price": 2}), "file_name"),
    "one flag": (profile({"MSG-dndSMS": True, "MSG-dndPhone": True}), "file_name"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_no_file_can_have_is_refused(name):
    record, expected = REFUSED[name]
    assert code(record) == expected


@pytest.mark.parametrize("name", ["Name", "fileName", "type", "clientEmail", "columns", "user, id"])
def test_names_of_other_things_are_properties(name):
    assert cells(event({name: "x"}))[0][name] == '"x"'


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"type": "profile", "FBID": "x", "profileData": {}}, "file_user_key"),
        (profile({"A": {"$add": ["x"]}}), "file_operation"),
        (profile({"A": {"$delete": 1}}), "file_operation"),
        (event({"A<Unix>": "x"}), "file_name"),
    ],
)
def test_what_no_file_of_the_dashboard_can_have_is_refused(record, expected):
    assert code(record, "dashboard") == expected
    rows(record)


def test_a_date_of_the_dashboard_is_a_number_of_a_column_of_dates():
    cell = rows(event({"Due": "$D_-5"}), "dashboard").rows[0][-1]
    assert cell == ("Due", "-5", CellType.DATE)
