"""tap-clevertap into published targets of PostgreSQL: all columns of all rows, two runs."""

from __future__ import annotations

import json

import pytest

from tests.partners.moved import measured
from tests.partners.partner import Partner
from tests.partners.targets.into_postgres import Loading
from tests.partners.targets.loading import against, assert_exact, load
from tests.partners.targets.reading import ITEMS, NUL, TODAY, WORLD, raise_events, read

ZONE = "Asia/Kolkata"
IN_UTC = {"PGOPTIONS": "-c timezone=UTC"}


@pytest.fixture(scope="module")
def kolkata(postgres):
    """Return a server's database where a session's time zone is not UTC."""
    postgres.query("create database kolkata", database="postgres")
    postgres.query(f"alter database kolkata set timezone = '{ZONE}'", database="postgres")
    return "kolkata"


class TestMeltanoLabs:
    @pytest.fixture
    def loading(self, postgres):
        target = Partner.installed("meltanolabs-target-postgres")

        def make(schema, database="analytics", **config):
            config["load_method"] = "upsert"
            return Loading(target, postgres, schema, database=database, **config)

        return make

    def test_every_value_is_equal_after_two_runs(self, loading, readings, record_property):
        plain = loading("plain")
        first, second = plain.load_twice(readings)
        measured(record_property, plain.partner, "as installed", first, second)
        assert_exact(*first, *second)

    def test_flattening_keeps_open_objects_as_text(self, loading, readings, record_property):
        flat = loading("flat", flattening_enabled=True, flattening_max_depth=3)
        first, second = flat.load_twice(readings)
        measured(record_property, flat.partner, "flattening_enabled", first, second)
        assert_exact(*first, *second)
        (row,) = (
            each
            for each in flat.found("events")
            if each["event_name"] == "Charged" and each["identity"] == "awkward-1"
        )
        assert json.loads(row["event_props"])["Items"] == ITEMS

    def test_batch_files_load_the_same(self, loading, readings, record_property, tmp_path):
        batches = {
            "encoding": {"format": "jsonl", "compression": "gzip"},
            "storage": {"root": tmp_path.as_uri()},
        }
        plain = read(readings.emulator, TODAY)
        batched = read(readings.emulator, TODAY, batch_config=batches)
        assert b'"RECORD"' not in batched.messages
        loaded = loading("batched")
        load(loaded.partner, loaded.config, batched)
        found = against(plain, loaded.found)
        measured(record_property, loaded.partner, "BATCH files", found)
        assert_exact(*found)

    @pytest.mark.parametrize(
        ("case", "config", "environment"),
        [
            ("database in Asia/Kolkata", {}, {}),
            ("database in Asia/Kolkata, PGOPTIONS", {}, IN_UTC),
            ("database in Asia/Kolkata, use_copy", {"use_copy": True}, {}),
        ],
        ids=["as-installed", "options", "copy"],
    )
    def test_times_in_another_session_zone(
        self, loading, kolkata, readings, record_property, case, config, environment
    ):
        zoned = loading(f"zoned_{len(case)}", kolkata, **config)
        first, second = zoned.load_twice(readings, **environment)
        measured(record_property, zoned.partner, case, first, second)
        if config or environment:
            assert_exact(*first, *second)

    def test_a_nul_in_a_value_ends_the_run_unless_it_is_replaced(
        self, loading, start_emulator, record_property
    ):
        emulator = start_emulator(**WORLD | {"users": 5, "events_per_day": 5})
        raise_events(emulator, [("Awkward Event", NUL), ("Awkward Event", {"said": "after"})])
        reading = read(emulator, TODAY)
        stuck = loading("stuck")
        ended = stuck.partner.run(stuck.config, messages=reading.messages, expected=1)
        assert "u0000" in ended.log
        replaced = loading("replaced", sanitize_null_text_characters=True)
        load(replaced.partner, replaced.config, reading)
        found = against(reading, replaced.found)
        case = "a NUL in a value, sanitize_null_text_characters"
        measured(record_property, replaced.partner, case, found)
        assert [each.rows_out for each in found] == [each.rows_in for each in found]
        blocks = [each["event_props"] or {} for each in replaced.found("events")]
        assert sorted(each["said"] for each in blocks if "said" in each) == ["after", "a\ufffdb"]


class TestPipelineWise:
    def test_every_value_is_equal_but_line_breaks(self, postgres, readings, record_property):
        target = Partner.installed("pipelinewise-target-postgres")
        loading = Loading(target, postgres, "wise")
        first, second = loading.load_twice(readings)
        measured(record_property, target, "as installed", first, second)
        assert_exact(*first, *second)
