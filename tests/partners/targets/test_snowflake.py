"""`meltano run tap-clevertap target-snowflake`, into fakesnow by Snowflake's own driver."""

from __future__ import annotations

import math
import sys
from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest

if sys.version_info < (3, 11):
    pytest.skip("fakesnow needs Python 3.11", allow_module_level=True)

from tests.partners.partner import Partner
from tests.partners.servers.snowflake_server import SnowflakeServer
from tests.partners.targets.loading import load
from tests.partners.targets.warehouse_claims import (
    DAYS,
    Warehouse,
    WarehouseClaims,
    as_instant,
    charged,
    expected_instant,
    read_last_days,
)

EXECUTABLE = "target-snowflake-on-fakesnow"
SHIM = Path(__file__).parents[1] / "servers" / "snowflake_shim"


def use_fakesnow(project, definition):
    """Put the shim around the target; all else is the example's."""
    read_last_days(project, definition)
    target = project.plugin(definition, "target-snowflake")
    target["executable"] = EXECUTABLE
    target["pip_url"] += f" {SHIM}"
    project.secrets |= {
        f"TARGET_SNOWFLAKE_{name}": "any" for name in ("ACCOUNT", "USER", "PASSWORD")
    }


@pytest.fixture(scope="module")
def server():
    started = SnowflakeServer.start()
    yield started
    started.stop()


@pytest.fixture(scope="module")
def warehouse(example, server, start_emulator_for_module):
    emulator = start_emulator_for_module(days=DAYS)
    project = example("snowflake", use_fakesnow)
    project.use_emulator(emulator)
    project.secrets["FAKESNOW_URL"] = server.url
    return Warehouse("snowflake", project, emulator, server.query)


class TestSnowflake(WarehouseClaims):
    def test_nested_values_of_event_props_are_reachable(self, first, warehouse):
        reached = warehouse.query(
            "select event_props:Amount::float, event_props:Items[0]:Product::string"
            " from clevertap.events where event_name = 'Charged'"
        )
        assert Counter(reached) == Counter(charged(warehouse.emulator))

    def test_timestamp_tz_holds_the_same_instant(self, second, warehouse):
        warehouse.query("create schema ZONED")

        def zoned(definition):
            config = warehouse.project.plugin(definition, "target-snowflake")["config"]
            config |= {"timestamp_type": "TIMESTAMP_TZ", "default_target_schema": "ZONED"}

        warehouse.project.edit(zoned)
        warehouse.project.run(*warehouse.loading, "--state-id-suffix=zoned")
        rows = warehouse.query("select event_time, ts from zoned.events")
        assert len(rows) == len(warehouse.emulator.truth()["events"])
        for event_time, ts in rows:
            assert event_time.tzinfo is not None
            assert as_instant(event_time) == expected_instant(ts)

    def test_typed_streams_are_tables_to_query(self, warehouse, server, typed_reading):
        warehouse.query("create schema TYPED")
        project = warehouse.project
        config = project.plugin(project.definition, "target-snowflake")["config"]
        config |= {"account": "any", "user": "any", "password": "any"}
        config["default_target_schema"] = "TYPED"
        program = project.folder / ".meltano/loaders/target-snowflake/venv/bin" / EXECUTABLE
        target = Partner("target-snowflake", "", program)
        load(target, config, typed_reading, FAKESNOW_URL=server.url)
        ((amount,),) = warehouse.query(typed_reading.statement("typed"))
        assert math.isclose(amount, typed_reading.amount)
        dates = "select event_key, delivery_by from typed.event_product_viewed"
        # findings/fakesnow-null-timestamps-become-1970.sh
        rows = warehouse.query(f"{dates} where delivery_by is not null")
        viewed = typed_reading.rows("event_product_viewed")
        assert {key: as_instant(day) for key, day in rows} == {
            row["event_key"]: datetime.fromisoformat(row["delivery_by"])
            for row in viewed
            if row["delivery_by"]
        }
