"""The SQL of the migration guides in PostgreSQL: the same checks as in DuckDB."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
import yaml
from typing_extensions import override

from tests.partners.partner import Partner
from tests.partners.servers.postgres_server import PostgresServer, binaries
from tests.partners.taps.delivering import Delivering
from tests.support import migrated_readers
from tests.support.forked_emulator import ForkedEmulator
from tests.support.migrated_writers import (
    ORDERS,
    SEGMENT,
    USERS,
    charged,
    moment,
    order_row,
    profiles_of,
    take_over,
    times_of,
    user_row,
    warehouse_row,
)
from tests.support.migration_tables import DuckTables
from tests.support.migrations import WORLD, read, upload
from tests.support.pages import block, every
from tests.support.target_process import TargetProcess

CHECKS = ("check_agreement", "check_hevo", "check_ingestr", "check_script")
pytestmark = pytest.mark.skipif(binaries() is None, reason="there is no PostgreSQL")


class PostgresTables(DuckTables):
    """A database of a PostgreSQL server."""

    JSON = "jsonb"
    MARK = "%s"

    def __init__(self, address: str, database: str) -> None:
        self.database = database
        self._connection = psycopg.connect(f"{address} dbname={database}", autocommit=True)
        self._connection.execute("SET TimeZone = 'UTC'")

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    @override
    def run(self, sql: str) -> list[tuple[Any, ...]]:
        return self._execute(sql)

    @override
    def _execute(self, sql: str) -> list[tuple[Any, ...]]:
        cursor = self._connection.execute(sql.encode())
        return cursor.fetchall() if cursor.description else []

    @override
    def _execute_many(self, sql: str, values: list[list[Any]]) -> None:
        with self._connection.cursor() as cursor:
            cursor.executemany(sql.encode(), values)


@pytest.fixture(scope="module")
def server():
    started = PostgresServer.start()
    yield started
    started.stop()


@pytest.fixture
def emulator():
    started = ForkedEmulator.start(**WORLD)
    yield started
    started.stop()


@pytest.fixture
def tables(server, request):
    name = f"of_{request.node.name.translate(str.maketrans('[]', '__')).lower()}"[:60]
    server.query(f"create database {name}", database="postgres")
    made = PostgresTables(f"host=127.0.0.1 port={server.port} user=postgres", name)
    yield made
    made.close()


@pytest.mark.parametrize("check", CHECKS)
def test_differences_are_found_in_postgresql(tables, emulator, check):
    records = read(emulator, profile_events=["*"])
    tables.load("clevertap", records)
    getattr(migrated_readers, check)(tables, records)


def test_what_clevertap_has_is_found_in_postgresql(tables, emulator):
    tables.make("shop.orders", ORDERS, [order_row(number) for number in range(25)])
    upload(emulator, [charged(number) for number in range(20) if number != 4] + [charged(7)])
    tables.load("clevertap", read(emulator))
    view, counts = every("docs/taking-over.md", "sql")
    tables.run(view.text)
    late = {f"o-{number}": 0 for number in range(20, 25)}
    assert dict(tables.run(counts.text)) == {"o-4": 0, "o-7": 2, **late}
    _, *sent = tables.stream(
        "shop.orders_to_send", {**ORDERS, "_sdc_in_clevertap": "boolean"}, "id", ""
    )
    seen = {each["record"]["id"] for each in sent if each["record"]["_sdc_in_clevertap"]}
    assert seen == {f"o-{number}" for number in range(20) if number != 4}
    assert moment(0) in {each["record"]["placed_at"] for each in sent}


@pytest.fixture
def reads(server, tables, tmp_path):
    """Return what makes the published tap read the streams that a guide selects."""

    def read_all(text: str, emulator: ForkedEmulator) -> bytes:
        (extractor,) = yaml.safe_load(text)["plugins"]["extractors"]
        address = {"host": "127.0.0.1", "port": server.port, "user": "postgres", "password": "p"}
        config = {**extractor["config"], **address, "database": tables.database}
        tap = Partner.installed("meltanolabs-tap-postgres")
        delivering = Delivering(tap, config, emulator, tmp_path, {})
        streams = [each.removesuffix(".*") for each in extractor["select"]]
        (metadata,) = extractor["metadata"].values()
        delivering.discover(
            *streams, key=metadata["replication-key"], method=metadata["replication-method"]
        )
        return delivering.read()

    return read_all


def test_segments_tables_by_the_published_tap(tables, emulator, reads, tmp_path):
    rows = [warehouse_row(number) for number in range(25)]
    tables.make("shop_production.order_completed", SEGMENT, rows)
    tables.make("shop_production.users", USERS, [user_row(number) for number in range(7)])
    tables.run("ALTER TABLE shop_production.order_completed ADD PRIMARY KEY (id)")
    tables.run("ALTER TABLE shop_production.users ADD PRIMARY KEY (id)")
    upload(emulator, [charged(number) for number in range(20)])
    text = block("docs/migrate-segment.md", "The new pipeline", "yaml")
    target = TargetProcess(emulator, tmp_path)
    left = {"shop_production-order_completed": "events: 5"}
    take_over(target, text, reads(text, emulator), left=left)
    assert times_of(emulator) == {f"o-{number}": 1 for number in range(25)}
    assert profiles_of(emulator) == ["user-6"]


def test_rudderstacks_view_by_the_published_tap(tables, emulator, reads, tmp_path):
    rows = [warehouse_row(number) for number in range(25)]
    tables.make("rudder.order_completed", SEGMENT, rows)
    tables.make("rudder.users", USERS, [user_row(number) for number in range(7)])
    upload(emulator, [charged(number) for number in range(20) if number != 4])
    tables.load("clevertap", read(emulator))
    view, _ = every("docs/migrate-rudderstack.md", "sql")
    tables.run(view.text)
    text = block("docs/migrate-rudderstack.md", "The new pipeline", "yaml")
    target = TargetProcess(emulator, tmp_path)
    left = {"rudder-order_completed_to_send": "events: 6", "rudder-users": "profiles: 1"}
    take_over(target, text, reads(text, emulator), left=left)
    assert times_of(emulator) == {f"o-{number}": 1 for number in range(25)}
    assert profiles_of(emulator) == ["user-6"]
