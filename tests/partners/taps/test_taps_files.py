"""Taps that read files into target-clevertap: every column of every row, and a second run."""

from __future__ import annotations

import csv
import json
import subprocess
from datetime import date
from decimal import Decimal

import pytest

from tests.partners.meltano_project import recipe
from tests.partners.moved import measured
from tests.partners.partner import Partner
from tests.partners.taps.delivering import Delivering
from tests.partners.taps.shop import ORDERS, RULES, orders, people
from tests.partners.targets.loading import assert_exact

NEW = 20
SHEET = """
import json, sys, openpyxl
book = openpyxl.Workbook()
for row in json.load(sys.stdin):
    book.active.append(row)
book.save(sys.argv[1])
"""


def plain(value):
    """Return a value as JSON holds it."""
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, date) else value


def write_json_lines(path, rows):
    lines = [json.dumps({name: plain(value) for name, value in row.items()}) for row in rows]
    path.write_text("".join(f"{line}\n" for line in lines))


def cell(value):
    """Return a value as a CSV holds it: text, and nothing for null."""
    if value is None or isinstance(value, bool):
        return {None: "", True: "true", False: "false"}[value]
    return value.isoformat() if isinstance(value, date) else str(value)


def write_csv(path, rows):
    with path.open("w", newline="", encoding="utf-8") as file:
        lines = csv.DictWriter(file, rows[0])
        lines.writeheader()
        lines.writerows({name: cell(value) for name, value in row.items()} for row in rows)


def without_lines(rows):
    """Return orders as a CSV has them: a list is not for a cell."""
    return [{name: value for name, value in row.items() if name != "lines"} for row in rows]


@pytest.fixture
def emulator(start_emulator):
    return start_emulator(days=1, users=1)


def test_json_lines(emulator, tmp_path, record_property):
    tap = Partner.installed("tap-jsonl")
    keys = {"people": "customer_id", "orders": "order_id"}
    reading = []
    for stream, key in keys.items():
        config = {"path": str(tmp_path / f"{stream}.jsonl"), "stream_name": stream}
        config["primary_keys"] = [key]
        reading.append(Delivering(tap, config, emulator, tmp_path, {"streams": RULES}))
    compared = []
    for count in (ORDERS, ORDERS + NEW):
        write_json_lines(tmp_path / "people.jsonl", people())
        write_json_lines(tmp_path / "orders.jsonl", orders(count))
        for each in reading:
            each.run()
        compared.append(reading[0].compared(people(), orders(count)))
    measured(record_property, tap, "as installed", *compared)
    assert_exact(*compared[0], *compared[1])


class TestCsvFolder:
    """By the recipe: numbers, times and nothing out of text, a constant for an audience."""

    @pytest.fixture
    def delivering(self, emulator, tmp_path):
        tap = Partner.installed("tap-csv-folder")
        config = {"path": str(tmp_path / "data"), "read_mode": "one_stream_per_file"}
        (tmp_path / "data").mkdir()
        settings = recipe("sources", "target-clevertap--csv")
        return Delivering(tap, config, emulator, tmp_path, settings)

    def test_people_and_orders(self, delivering, tmp_path, record_property):
        compared = []
        for count in (ORDERS, ORDERS + NEW):
            write_csv(tmp_path / "data" / "people.csv", people())
            write_csv(tmp_path / "data" / "orders.csv", without_lines(orders(count)))
            delivering.run()
            found = delivering.compared(people(), without_lines(orders(count)))
            compared.append(found)
        case = "text made numbers and times by stream maps"
        measured(record_property, delivering.tap, case, *compared)
        assert_exact(*compared[0], *compared[1])

    def test_an_order_in_another_line_is_the_same(self, delivering, tmp_path):
        rows = without_lines(orders(ORDERS))
        write_csv(tmp_path / "data" / "orders.csv", rows)
        delivering.run()
        write_csv(tmp_path / "data" / "orders.csv", rows[::-1])
        delivering.run()
        assert_exact(*delivering.compared([], rows))

    def test_an_audience_of_ids_alone(self, delivering, emulator, tmp_path):
        write_csv(
            tmp_path / "data" / "winback.csv", [{"customer_id": "0012"}, {"customer_id": "7"}]
        )
        delivering.run()
        stored = [each["record"] for each in emulator.uploads(kind="profiles")["profiles"]]
        assert {each["identity"]: each["profileData"] for each in stored} == {
            identity: {"Audiences": {"$add": ["winback"]}} for identity in ("0012", "7")
        }


def test_a_workbook_with_telephone_numbers_that_are_numbers(emulator, tmp_path, record_property):
    tap = Partner.installed("tap-spreadsheets")
    rows = [{name: plain(value) for name, value in row.items()} for row in people()]
    for row in rows:
        row["phone"] = row["phone"] and int(row["phone"])
    command = [tap.program.with_name("python"), "-c", SHEET, tmp_path / "people.xlsx"]
    cells = json.dumps([list(rows[0]), *(list(row.values()) for row in rows)])
    subprocess.run(command, input=cells.encode(), check=True)
    sheet = {
        "path": str(tmp_path / "people.xlsx"),
        "format": "excel",
        "table_name": "people",
        "worksheet": "Sheet",
        "primary_keys": ["customer_id"],
        "schema_overrides": {
            "born": {"type": ["string", "null"], "format": "date"},
            "joined_at": {"type": ["string", "null"], "format": "date-time"},
        },
    }
    maps = {
        "is_vip": "bool(is_vip) if is_vip is not None else None",
        "phone": "str('+' + str(phone)) if phone else None",
    }
    settings = {"streams": {"people": RULES["people"]}, "stream_maps": {"people": maps}}
    delivering = Delivering(tap, {"files": [sheet]}, emulator, tmp_path, settings)
    compared = []
    for _ in range(2):
        delivering.run()
        compared.append(delivering.compared(people(), []))
    measured(record_property, tap, "XLSX, worksheet, formats and telephone numbers", *compared)
    assert_exact(*compared[0], *compared[1])
