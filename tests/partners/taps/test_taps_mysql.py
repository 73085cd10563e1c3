"""tap-mysql, of two makers, into target-clevertap: every column of every row, and a second run."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest

from tests.partners.moved import measured
from tests.partners.partner import Partner
from tests.partners.servers.mariadb_server import MISSING, MariaDBServer, is_installed
from tests.partners.taps.delivering import Delivering
from tests.partners.taps.shop import BEGAN, ORDERS, RULES, orders, people
from tests.partners.targets.loading import assert_exact

TABLES = """
create database {name}; use {name};
create table people (
    customer_id varchar(40) primary key, email text, name text, phone text, born date,
    points bigint, balance decimal(14, 2), is_vip boolean, joined_at datetime, note text
);
create table orders (
    order_id bigint primary key, customer_id text, total decimal(12, 2), currency char(3),
    `lines` json, note text, placed_at datetime, updated_at datetime
);
"""
NEW = 20


@pytest.fixture(scope="module")
def mariadb():
    if not is_installed():
        pytest.skip(MISSING)
    server = MariaDBServer.start()
    yield server
    server.stop()


def literal(value):
    """Write a value as SQL; times are in UTC."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, list):
        value = json.dumps(value)
    if isinstance(value, datetime):
        value = f"{value.astimezone(timezone.utc):%Y-%m-%d %H:%M:%S}"
    text = str(value).replace("\\", "\\\\").replace("'", "''")
    return f"'{text}'"


def filled(name, table, rows):
    listed = ", ".join("({})".format(", ".join(map(literal, row.values()))) for row in rows)
    return f"insert into {name}.{table} values {listed};"


@pytest.mark.parametrize(
    ("maker", "prefix"),
    [("tap-mysql", ""), ("pipelinewise-tap-mysql", "pipelinewise_tap_mysql-")],
)
def test_full_table_and_incremental(
    maker, prefix, mariadb, start_emulator, tmp_path, record_property
):
    tap, name = Partner.installed(maker), maker.replace("-", "_")
    mariadb.run(TABLES.format(name=name))
    mariadb.run(filled(name, "people", people()) + filled(name, "orders", orders()))
    config = {"host": "127.0.0.1", "port": str(mariadb.port), "user": "tap", "password": "tap"}
    config["filter_dbs"] = name
    rules = {f"{prefix}{stream}": rule for stream, rule in RULES.items()}
    emulator = start_emulator(days=1, users=1)
    delivering = Delivering(tap, config, emulator, tmp_path, {"streams": rules})
    delivering.discover(f"{name}-orders", method="INCREMENTAL", key="updated_at")
    delivering.discover(f"{name}-people")
    delivering.run()
    first = delivering.compared(people(), orders())
    later = BEGAN + timedelta(days=9)
    mariadb.run(
        filled(name, "orders", orders(ORDERS + NEW)[ORDERS:])
        + f"update {name}.orders set updated_at = {literal(later)} where order_id < 10;"
        + f"update {name}.people set points = 1 where customer_id = 'shop-1'"
    )
    delivering.run()
    changed = [row | {"points": 1} if row["customer_id"] == "shop-1" else row for row in people()]
    second = delivering.compared(changed, orders(ORDERS + NEW))
    measured(record_property, tap, "FULL_TABLE, INCREMENTAL", first, second)
    assert_exact(*first, *second)
