"""The CSV of the Schema page: 17 columns, a row for each property, and titles that vary."""

from __future__ import annotations

import csv
import io

import pytest

from tap_clevertap.config.events_file import file_names
from tap_clevertap.errors import SettingError

TITLES = [
    *("Event name", "Type", "System/Custom", "Status", "Data retention period", "This month"),
    *("Last month", "Data points", "Created on", "Property name", "Property type"),
    *("Property status", "Required", "Data type", "Data type fallback"),
    *("Property data points", "Property created on"),
]
"""As they are on the page; those of the file are unknown. [BSW; U:schema]"""
OTHER_TITLES = [f"Überschrift {number}" for number in range(17)]


def row(name, kind="Custom", status="Active", *, of="Amount"):
    head = [name, "Defined", kind, status, "1 year", "10", "12", "5,000", "1 Jan 2026"]
    return [*head, of, "Defined", "Active", "No", "Integer", "Drop event", "7", "1 Jan 2026"]


ROWS = [
    *(row("Charged", of=each) for each in ("Amount", "Currency", "Items, all")),
    row("Added, to Cart"),
    row("App Launched", "System", of=""),
    row("Charged", of="Amount"),
    row("Old", status="Discarded"),
    row("Planned", status="Inactive"),
]
NAMES = ["Charged", "Added, to Cart", "App Launched", "Old", "Planned"]


def written(rows, *, delimiter=",", end="\r\n"):
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator=end).writerows(rows)
    return text.getvalue()


@pytest.fixture
def names_in(tmp_path):
    def read(content, encoding="utf-8"):
        path = tmp_path / "schema.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return file_names(str(path))

    return read


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("titles", [TITLES, OTHER_TITLES], ids=["titles", "other titles"])
def test_each_name_is_read_once_by_title_or_by_position(names_in, titles, delimiter):
    assert names_in(written([titles, *ROWS], delimiter=delimiter)) == NAMES


@pytest.mark.parametrize(
    "title",
    [
        *("Event name", "EVENT NAME", "event_name", "eventName", "Event  Name ", "Event-Name"),
        *("Event Name*", "\u200bEvent\u00a0name", "\uff25vent\u3000name", "Event", "Events"),
        *("evtName", "Event Names"),
    ],
)
def test_the_column_is_found_by_variants_of_its_title_wherever_it_is(names_in, title):
    titles = ["Type", title, "Property name", *(f"More {number}" for number in range(14))]
    rows = [["Custom", name, "Amount", *[""] * 14] for name in NAMES]
    assert names_in(written([titles, *rows])) == NAMES
    assert names_in(written([titles[:2], *(each[:2] for each in rows)])) == NAMES


@pytest.mark.parametrize("title", ["Name", "names"])
def test_a_column_called_name_may_be_that_of_the_properties(names_in, title):
    assert names_in(written([["Type", title], ["Custom", "Charged"]])) == ["Charged"]
    titles = ["Ereignis", *OTHER_TITLES[1:9], title, *OTHER_TITLES[10:]]
    assert names_in(written([titles, *ROWS])) == NAMES


def test_the_title_that_fits_best_wins(names_in):
    assert names_in("Name,Event,Event name\nx,y,Charged\n") == ["Charged"]
    assert names_in("Name,Property name,Event\nx,y,Charged\n") == ["Charged"]


def test_a_file_of_17_columns_may_have_no_titles(names_in):
    assert names_in(written(ROWS)) == NAMES
    assert names_in(written([row("Name", "System"), *ROWS])) == ["Name", *NAMES]


def test_a_file_without_properties_is_recognized_by_its_values(names_in):
    rows = [each[:9] for each in ROWS]
    for titles in ([TITLES[:9]], [OTHER_TITLES[:9]], []):
        assert names_in(written([*titles, *rows])) == NAMES


@pytest.mark.parametrize(
    "content",
    [
        "\ufeff" + written([OTHER_TITLES, *ROWS]),
        "\r\n\r\n" + written([OTHER_TITLES, *ROWS], delimiter=";"),
        "sep=;\r\n" + written([OTHER_TITLES, *ROWS], delimiter=";"),
        written([[*OTHER_TITLES, ""], *([*each, ""] for each in ROWS)]),
        written([OTHER_TITLES, [""] * 17, *ROWS, ["  "] * 17, []]),
        written([OTHER_TITLES, *ROWS], end="\n"),
        written([OTHER_TITLES, *ROWS], end="\r"),
        written([OTHER_TITLES, *(each[:10] for each in ROWS)]),
    ],
    ids=[
        *("BOM", "blank lines", "separator", "one more delimiter", "blank rows", "LF", "CR"),
        "short rows",
    ],
)
def test_spreadsheets_may_have_saved_it(names_in, content):
    assert names_in(content) == NAMES


def test_it_may_be_utf_16(names_in):
    assert names_in(written([OTHER_TITLES, *ROWS], delimiter="\t"), "utf-16") == NAMES


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (written([OTHER_TITLES[:16], list("abcdefghijklmnop")]), ["no column `Event name`", "Übe"]),
        (written([[*OTHER_TITLES, "x"], ["Charged"] * 18]), ["no column `Event name`"]),
        (written([["Charged"], ["Search"]]), ["no column `Event name`", "it has `Charged`"]),
        (written([TITLES, row("Charged"), row("")]), ["no event name in line 3"]),
        (written([OTHER_TITLES, row("Charged"), row(" ")]), ["no event name in line 3"]),
        (
            written([TITLES, row("two\nlines"), row("")]),
            ["no event name in line 4"],
        ),
        ("sep=,\n" + written([TITLES, row("")]), ["no event name in line 3"]),
        ("\n\n" + written([TITLES, row("")]), ["no event name in line 4"]),
        (
            written([TITLES, row("Charged")]) + written([row("Added")])[:-2] + ",more\n",
            ["18 columns in line 3", "17 in its first", "into quotes"],
        ),
        (
            written([OTHER_TITLES, row("Charged")]) + "Added, to " + written([row("Cart")]),
            ["18 columns in line 3"],
        ),
        (written([TITLES]), ["has no event; download it again"]),
        (written([OTHER_TITLES]), ["has no event; download it again"]),
        ("", ["no column", "it has nothing"]),
        (written([TITLES, row("Charged")]) + '"Ch"arged\n', ["not a CSV file (line 3: "]),
        (written([TITLES, row("Charged")]).encode() + b"\xff\xfe\n", ["UTF-8", "line 3"]),
        (written([["Property name", "Type"], ["Amount", "Defined"]]), ["no column"]),
    ],
    ids=str,
)
def test_a_fault_is_named_with_its_line(names_in, content, words):
    with pytest.raises(SettingError) as raised:
        names_in(content)
    message = raised.value.message
    assert message.startswith("events_file: `")
    assert "; " in message
    assert [word for word in words if word not in message] == []


def test_thousands_of_rows_are_read_at_once(names_in):
    rows = [row(f"Event {event}", of=f"P{number}") for event in range(500) for number in range(60)]
    assert names_in(written([OTHER_TITLES, *rows])) == [f"Event {event}" for event in range(500)]
