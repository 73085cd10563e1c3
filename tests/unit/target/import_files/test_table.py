"""Which records fit into a file, what its lines are, and how its manifest describes it."""

from __future__ import annotations

import csv
import io
import json

import pytest

from target_clevertap.import_files.cells import RowMaker
from target_clevertap.import_files.manifest import data_type, manifest
from target_clevertap.import_files.planning import table_for


def rows(properties, kind="event"):
    record = {
        "type": kind,
        "identity": "u",
        f"{'evt' if kind == 'event' else kind}Data": properties,
    }
    return RowMaker("sftp").rows(json.dumps(record).encode()).rows


def fits(table, properties, kind="event"):
    addition = table.fits(rows(properties, kind))
    if addition is not None:
        table.add(addition)
    return addition is not None


def types(table):
    return {
        each.name: data_type(each) for each in table.columns.values() if each.name != "identity"
    }


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["a", "b"], "STRING"),
        ([1, (1 << 31) - 1], "INTEGER"),
        ([1, 1 << 31], "LONG"),
        ([1, 1.5], "FLOAT"),
        ([1.5, (1 << 53) - 1], "FLOAT"),
        ([True], "BOOLEAN"),
    ],
)
def test_a_column_has_the_type_of_its_values(values, expected):
    table = table_for("event/identity")
    assert all(fits(table, {"A": value}) for value in values)
    assert types(table) == {"A": expected}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("007", 7),
        (7, "007"),
        (True, "true"),
        (True, 1),
        (1.5, (1 << 53) + 1),
        ((1 << 53) + 1, 1.5),
        (1.5, "1.5"),
    ],
)
def test_another_type_does_not_fit(first, second):
    table = table_for("event/identity")
    assert fits(table, {"A": first})
    before = types(table)
    assert not fits(table, {"A": second})
    assert not fits(table, {"B": 1, "A": second})
    assert types(table) == before


def test_another_spelling_does_not_fit():
    table = table_for("event/identity")
    assert fits(table, {"Price": 1})
    assert not fits(table, {"price": 1})
    assert not fits(table, {"Pri ce": 1})


def test_a_removed_property_fits_into_a_column_of_any_type():
    table = table_for("profile/identity")
    assert fits(table, {"A": {"$delete": 1}}, "profile")
    assert types(table)["A"] == "STRING"
    assert fits(table, {"A": 5}, "profile")
    assert fits(table, {"A": {"$delete": 1}}, "profile")
    assert types(table)["A"] == "INTEGER"


def test_a_file_of_events_has_a_hundred_properties():
    table = table_for("event/identity")
    # without evtName and ts there is room for two more
    assert fits(table, {f"p{number}": 1 for number in range(100)})
    assert fits(table, {"q": 1, "r": 1})
    assert not fits(table, {"s": 1})
    assert fits(table, {"p5": 1})


def test_the_size_is_that_of_the_file():
    table = table_for("event/identity")
    all_rows = []
    for properties in ({"Ä": "ö, \r\n"}, {"B": 1.5}, {"Ä": "x", "C": True}):
        found = rows(properties)
        addition = table.fits(found)
        expected = table.size_with(addition)
        table.add(addition)
        all_rows += found
        lines = table.lines()
        text = lines.header + "".join(map(lines.line, all_rows))
        assert len(text.encode()) == expected


def test_lines_are_read_as_they_were_written():
    table = table_for("event/identity")
    properties = {'a,"b"\n': 'x\r\n"y"', "C": "  "}
    assert fits(table, properties)
    assert fits(table, {"D": "z"})
    lines = table.lines()
    text = lines.header + "".join(map(lines.line, [*rows(properties), *rows({"D": "z"})]))
    read = [*csv.DictReader(io.StringIO(text, newline=""), strict=True)]
    assert read == [
        {"identity": "u", **properties, "D": ""},
        {"identity": "u", **dict.fromkeys(properties, ""), "D": "z"},
    ]


def test_a_manifest_describes_each_column_but_operations():
    table = table_for("profile/identity")
    assert fits(table, {"MSG-dndPhone": True, "Tags": {"$add": ["x"]}, "Age": 5}, "profile")
    content = json.loads(manifest("a.csv", "profile", "a@b.co", table.columns.values()))
    assert content == {
        "fileName": "a.csv",
        "type": "profile",
        "clientEmail": "a@b.co",
        "columns": {
            "identity": {"ctName": "identity", "dataType": "STRING"},
            "MSG-dndPhone": {"ctName": "MSG-dndSMS", "dataType": "BOOLEAN"},
            "Age": {"ctName": "Age", "dataType": "INTEGER"},
            "Tags": {"ctName": "Tags", "dataType": "STRING"},
        },
    }
