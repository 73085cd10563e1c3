"""tap-clevertap into DuckDB, JSON lines and CSV: every column of every row, two runs."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from functools import partial

import pytest

from tests.partners.moved import measured
from tests.partners.partner import Partner
from tests.partners.targets.loading import (
    against,
    appended,
    assert_exact,
    first_run,
    load,
    rows_of_duckdb,
    upserted,
)
from tests.partners.targets.reading import TODAY, read


def test_duckdb_upserts(readings, record_property, tmp_path):
    target = Partner.installed("target-duckdb")
    config = {"path": str(tmp_path / "warehouse.duckdb"), "default_target_schema": "clevertap"}

    found = partial(rows_of_duckdb, config["path"])
    load(target, config, readings.first)
    first = first_run(readings, found)
    load(target, config, readings.second)
    second = upserted(readings, found)
    measured(record_property, target, "duckdb 1.1.3", first, second)
    assert_exact(*first, *second)


class TestJsonLines:
    @pytest.fixture
    def found(self, tmp_path):
        """Return what reads a stream's rows out of all files."""

        def rows(stream):
            files = sorted(tmp_path.glob(f"{stream}-*.jsonl"))
            lines = [line for file in files for line in file.read_text().splitlines()]
            return [json.loads(line, parse_float=Decimal) for line in lines]

        return rows

    def test_every_value_is_appended_and_the_state_passed_on(
        self, readings, found, record_property, tmp_path
    ):
        target = Partner.installed("target-jsonl")
        config = {"destination_path": str(tmp_path)}
        load(target, config, readings.first)
        first = first_run(readings, found)
        load(target, config, readings.second)
        second = appended(readings, found)
        measured(record_property, target, "as installed, appends", first, second)
        assert_exact(*first, *second)

    def test_a_run_that_moves_no_bookmark_passes_its_state_on(self, readings, tmp_path):
        target = Partner.installed("target-jsonl")
        third = read(readings.emulator, TODAY, state=readings.second.state)
        assert third.rows("events")
        load(target, {"destination_path": str(tmp_path)}, third)


class TestCsv:
    @pytest.fixture
    def target(self):
        return Partner.installed("meltanolabs-target-csv")

    @pytest.fixture
    def found(self, tmp_path, readings):
        def rows(stream):
            schema = readings.first.schema(stream)["schema"]["properties"]
            files = sorted(tmp_path.glob(f"{stream}*.csv"))
            return [
                {name: typed(value, schema[name]) for name, value in line.items()}
                for file in files
                for line in csv.DictReader(io.StringIO(file.read_bytes().decode(), newline=""))
            ]

        return rows

    def test_open_objects_are_written_as_python_spells_them(
        self, target, readings, found, record_property, tmp_path
    ):
        load(target, {"output_path": str(tmp_path)}, readings.first)
        first = first_run(readings, found)
        load(target, {"output_path": str(tmp_path)}, readings.second)
        measured(record_property, target, "as installed", first, upserted(readings, found))

    def test_the_recipe_keeps_every_value(self, target, as_text, found, record_property, tmp_path):
        plain, text = as_text
        naming = "{stream_name}-{timestamp}.csv"
        load(target, {"output_path": str(tmp_path), "file_naming_scheme": naming}, text)
        first = against(plain, found)
        case = "objects as JSON text, {timestamp} in file_naming_scheme"
        measured(record_property, target, case, first)
        assert_exact(*first)


def typed(text, column):
    """Read a CSV's text by the SCHEMA's type; nothing written is null."""
    if not text:
        return None
    return int(text) if "integer" in column["type"] else text
