"""`meltano run tap-postgres target-clevertap`: orders and customers from a real PostgreSQL."""

from __future__ import annotations

import json
import re
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from tests.partners.moved import report

ORDERS, NEW_ORDERS, CUSTOMERS = 100_000, 40, 2_000
BEGAN = datetime(2026, 1, 1, tzinfo=timezone.utc)
IMPORTED = BEGAN + timedelta(days=200)
"""One moment at which many rows were written: all of them are on the bookmark's boundary."""

TABLES = """
create schema shop;
create table shop.orders (
    id bigint primary key, customer_id text, total numeric(12, 2), currency char(3), lines jsonb,
    note text, placed_at timestamptz, updated_at timestamptz
);
create table shop.customers (
    id text primary key, name text, email text, born date, lifetime_value numeric(14, 4),
    tags text[], preferences jsonb, avatar bytea, is_vip boolean, joined_at timestamptz,
    updated_at timestamptz
);
"""
PAIR = "tap-postgres → target-clevertap"


def order(number):
    lines = [{"Product": f"Tea {number % 7}", "Quantity": 1 + number % 3, "Price": 2.5}]
    return (
        number,
        f"customer-{number % CUSTOMERS}",
        Decimal(number) / 100,
        "INR",
        None if number % 10 == 0 else json.dumps(lines),
        None,
        BEGAN + timedelta(minutes=number),
        min(BEGAN + timedelta(minutes=number * 3), IMPORTED),
    )


def customer(number):
    is_sparse = number % 2 == 1
    return (
        f"customer-{number}",
        None if is_sparse else f"Käthe {number} 茶",
        f"customer{number}@example.org",
        None if is_sparse else date(1980, 2, 29),
        None if is_sparse else Decimal("1234.5678"),
        None if is_sparse else ["new", "tea, green"],
        None if is_sparse else json.dumps({"colour": "green", "sizes": [1, 2]}),
        None if is_sparse else b"\x00\xffpicture",
        None if is_sparse else True,
        None if is_sparse else datetime(2025, 5, 6, 7, 8, 9, tzinfo=timezone.utc),
        BEGAN,
    )


@pytest.fixture(scope="module")
def shop(postgres):
    postgres.query(TABLES)
    postgres.copy("shop.orders", map(order, range(ORDERS)))
    postgres.copy("shop.customers", map(customer, range(CUSTOMERS)))
    return postgres


def keep_other_columns(project, definition):
    """Have customers sent with all their columns, of which each has a type of its own."""
    streams = project.plugin(definition, "target-clevertap")["config"]["streams"]
    streams["shop-customers"]["others"] = "keep"


@pytest.fixture(scope="module")
def emulator(start_emulator_for_module):
    return start_emulator_for_module(days=1, users=1)


@pytest.fixture(scope="module")
def project(example, shop, emulator):
    project = example("postgres", keep_other_columns)
    project.use_postgres(shop)
    project.use_emulator(emulator)
    return project


def run(project):
    return project.run("tap-postgres", "target-clevertap")


@pytest.fixture(scope="module")
def first(project):
    return run(project).seconds


@pytest.fixture(scope="module")
def second(first, project):
    """Nothing changed: only boundary rows come."""
    return run(project)


@pytest.fixture(scope="module")
def third(second, project, shop):
    """Rows changed in a column that CleverTap does not get, rows came, customers changed."""
    now = (IMPORTED + timedelta(days=1)).isoformat()
    shop.query(f"update shop.orders set note = 'seen', updated_at = '{now}' where id % 50 = 0")
    shop.copy("shop.orders", [(*order(ORDERS + each)[:-1], now) for each in range(NEW_ORDERS)])
    shop.query(f"update shop.customers set name = 'Zoë', updated_at = '{now}' where id ~ '00$'")
    return run(project)


def stored(emulator, kind):
    """Return the records of a kind, in order of arrival."""
    return [each["record"] for each in emulator.uploads(kind=kind)[kind]]


def expected_event(number):
    _, customer_id, total, currency, lines, _, placed_at, _ = order(number)
    properties = {"Charged ID": number, "Amount": float(total), "Currency": currency}
    if lines is not None:
        properties["Items"] = json.loads(lines)
    event = {"type": "event", "evtName": "Charged", "identity": customer_id}
    return event | {"ts": int(placed_at.timestamp()), "evtData": properties}


def charged_once(emulator, orders):
    events = sorted(stored(emulator, "events"), key=lambda event: event["evtData"]["Charged ID"])
    return len(events), events == [expected_event(number) for number in range(orders)]


def test_every_order_is_charged_once_with_its_items(first, emulator, record_property):
    found, equal = charged_once(emulator, ORDERS)
    report(
        record_property,
        f"{PAIR}: 100,000 orders",
        rows_in=ORDERS,
        rows_out=found,
        equal=equal,
        seconds=first,
    )
    assert equal


def test_boundary_rows_are_not_charged_again(second, emulator, record_property):
    found, equal = charged_once(emulator, ORDERS)
    report(
        record_property,
        f"{PAIR}: again, unchanged",
        rows_in=ORDERS,
        rows_out=found,
        equal=equal,
        seconds=second.seconds,
    )
    assert equal
    already = re.search(r"already delivered (\d+)", second.log)
    assert already is not None
    assert int(already[1]) > 0


def test_touched_rows_are_not_charged_again_and_new_ones_are(third, emulator, record_property):
    found, equal = charged_once(emulator, ORDERS + NEW_ORDERS)
    report(
        record_property,
        f"{PAIR}: touched and new",
        rows_in=ORDERS + NEW_ORDERS,
        rows_out=found,
        equal=equal,
        seconds=third.seconds,
    )
    assert equal


def test_customers_become_profiles_with_every_type_of_column(first, emulator):
    profiles = {each["identity"]: each["profileData"] for each in stored(emulator, "profiles")}
    assert len(profiles) == CUSTOMERS
    updated = "$D_1767225600"
    assert profiles["customer-1"] == {"Email": "customer1@example.org", "updated_at": updated}
    assert profiles["customer-2"] == {
        "Name": "Käthe 2 茶",
        "Email": "customer2@example.org",
        "Lifetime Value": 1234.5678,
        "born": "$D_320630400",
        "tags": '["new","tea, green"]',
        "preferences": '{"colour":"green","sizes":[1,2]}',
        "avatar": "00ff70696374757265",
        "is_vip": True,
        "joined_at": "$D_1746515289",
        "updated_at": updated,
    }


def test_changed_customers_come_again(third, emulator):
    last = {each["identity"]: each["profileData"] for each in stored(emulator, "profiles")}
    changed = {identity for identity, data in last.items() if data.get("Name") == "Zoë"}
    assert changed == {f"customer-{number}" for number in range(0, CUSTOMERS, 100) if number}


def test_nothing_was_refused(third, project):
    rejects = project.folder / "clevertap-rejects.jsonl"
    assert not rejects.exists() or not rejects.read_text()
