"""`meltano run tap-clevertap target-postgres`, into a real PostgreSQL."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.partners.targets.warehouse_claims import (
    DAYS,
    Warehouse,
    WarehouseClaims,
    charged,
    read_last_days,
)


@pytest.fixture(scope="module")
def warehouse(example, postgres, start_emulator_for_module):
    # A time without its zone would move, if the example did not set the session's.
    postgres.query("alter database analytics set timezone = 'Asia/Kolkata'")
    emulator = start_emulator_for_module(days=DAYS)
    project = example("postgres", read_last_days)
    project.use_emulator(emulator)
    project.use_postgres(postgres)
    return Warehouse("postgres", project, emulator, postgres.query)


class TestPostgres(WarehouseClaims):
    def test_nested_values_of_event_props_are_reachable(self, first, warehouse):
        reached = warehouse.query(
            "select (event_props ->> 'Amount')::float, event_props #>> '{Items,0,Product}'"
            " from clevertap.events where event_name = 'Charged'"
        )
        assert Counter(reached) == Counter(charged(warehouse.emulator))

    def test_a_nul_in_a_value_does_not_end_the_run(self, second, warehouse):
        event = {"type": "event", "evtName": "Charged", "identity": "nul-1"}
        record = event | {"evtData": {"note": "a\x00b"}}
        answer = warehouse.emulator.api("POST", "/1/upload", json={"d": [record]}).json()
        assert answer["processed"] == 1, answer
        warehouse.project.run(*warehouse.loading)
        asked = "select event_props ->> 'note' from clevertap.events where identity = 'nul-1'"
        assert warehouse.query(asked) == [("a\ufffdb",)]

    def test_batch_files_load_the_same_rows(self, second, warehouse, tmp_path):
        project = warehouse.project

        def write_files(definition):
            project.plugin(definition, "tap-clevertap")["config"]["batch_config"] = {
                "encoding": {"format": "jsonl", "compression": "gzip"},
                "storage": {"root": tmp_path.as_uri()},
            }
            loader = project.plugin(definition, "target-postgres")
            loader["config"]["default_target_schema"] = "batched"

        project.edit(write_files)
        project.run("--state-id-suffix", "batched", *warehouse.loading)
        assert list(tmp_path.iterdir())
        for table, key in (("events", "event_key"), ("profiles", "profile_key")):
            loaded, batched = (
                warehouse.query(f"select {key}, identity from {schema}.{table}")
                for schema in ("clevertap", "batched")
            )
            assert Counter(batched) == Counter(loaded)
