"""`meltano run tap-clevertap target-postgres`, into a real PostgreSQL."""

from __future__ import annotations

from collections import Counter

import pytest

from partners.warehouse_claims import DAYS, Warehouse, WarehouseClaims, charged, read_last_days


@pytest.fixture(scope="module")
def warehouse(example, postgres, start_emulator_for_module):
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
