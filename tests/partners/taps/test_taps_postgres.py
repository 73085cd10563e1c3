"""tap-postgres into target-clevertap: every column of every row, by tables and by the log."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from tests.partners.moved import measured
from tests.partners.partner import Partner
from tests.partners.servers.postgres_server import PostgresServer, binaries, missing_plugin
from tests.partners.taps.delivering import Delivering
from tests.partners.taps.shop import BEGAN, RULES, order, orders, people, person
from tests.partners.targets.loading import assert_exact
from tests.support.pages import block

TABLES = """
create schema {name};
create table {name}.people (
    customer_id text primary key, email text, name text, phone text, born date, points bigint,
    balance numeric(14, 2), is_vip boolean, joined_at timestamptz, note text
);
create table {name}.orders (
    order_id bigint primary key, customer_id text, total numeric(12, 2), currency char(3),
    lines jsonb, note text, placed_at timestamptz, updated_at timestamptz
);
"""
COLUMNS = ", ".join(person(0)), ", ".join(order(0))
NEW = 20


class Shop:
    """Tables of a schema of its own."""

    def __init__(self, server, name):
        self.server, self.name = server, name
        server.query(TABLES.format(name=name))

    def fill(self, tables):
        for table, rows in tables.items():
            columns = f"({', '.join(rows[0])})"
            self.server.copy(f"{self.name}.{table} {columns}", map(values, rows))

    def query(self, statement):
        self.server.query(statement.replace("shop.", f"{self.name}."))


def values(row):
    return [json.dumps(each) if isinstance(each, list) else each for each in row.values()]


@pytest.fixture(scope="module")
def postgres():
    if binaries() is None:
        pytest.skip("PostgreSQL is not installed, and not available as a package for this Python")
    server = PostgresServer.start(is_logical=True)
    yield server
    server.stop()


@pytest.fixture
def delivering(postgres, start_emulator, tmp_path):
    """Return what delivers a schema's tables; their names in the stream begin with its name."""
    tap = Partner.installed("meltanolabs-tap-postgres")

    def make(name, **config):
        settings = {
            "host": "127.0.0.1",
            "port": postgres.port,
            "user": "postgres",
            "password": "postgres",
            "database": "analytics",
            "filter_schemas": [name],
        }
        rules = {f"{name}-{stream}": rule for stream, rule in RULES.items()}
        emulator = start_emulator(days=1, users=1)
        return Delivering(tap, settings | config, emulator, tmp_path, {"streams": rules})

    return make


def test_full_tables_then_rows_that_are_new(postgres, delivering, record_property):
    shop, plain = Shop(postgres, "plain"), delivering("plain")
    shop.fill({"people": people(), "orders": orders()})
    plain.discover("plain-people")
    plain.discover("plain-orders", key="updated_at", method="INCREMENTAL")
    plain.run()
    first = plain.compared(people(), orders())
    shop.fill({"orders": orders(300 + NEW)[300:]})
    later = BEGAN + timedelta(days=9)
    shop.query(f"update shop.orders set updated_at = '{later}' where order_id < 10")
    shop.query("update shop.people set points = 1 where customer_id = 'shop-1'")
    plain.run()
    changed = [row | {"points": 1} if row["customer_id"] == "shop-1" else row for row in people()]
    second = plain.compared(changed, orders(300 + NEW))
    measured(record_property, plain.tap, "FULL_TABLE, INCREMENTAL", first, second)
    assert_exact(*first, *second)


def test_the_log_of_changes(postgres, delivering, record_property):
    missing = missing_plugin("wal2json")
    if missing:
        pytest.skip(missing)
    shop = Shop(postgres, "logged")
    postgres.query(block("docs/recipes.md", "PostgreSQL's log of changes", "sql"))
    logged = delivering(
        "logged",
        replication_slot_name="clevertap",
        replication_idle_exit_seconds=5,
        log_based_single_connection=True,
        auto_bootstrap_log_based=True,
    )
    shop.fill({"people": people(), "orders": orders()})
    logged.discover("logged-people", "logged-orders", method="LOG_BASED")
    logged.run()
    first = logged.compared(people(), orders())
    shop.fill({"orders": orders(300 + NEW)[300:]})
    shop.query("update shop.people set points = 1 where customer_id = 'shop-1'")
    logged.run()
    changed = [row | {"points": 1} if row["customer_id"] == "shop-1" else row for row in people()]
    second = logged.compared(changed, orders(300 + NEW))
    measured(record_property, logged.tap, "LOG_BASED", first, second)
    assert_exact(*first, *second)
    shop.query("delete from shop.orders where order_id < 10")
    shop.query("delete from shop.people where customer_id = 'shop-2'")
    logged.run()
    assert_exact(*logged.compared(changed, orders(300 + NEW)))
