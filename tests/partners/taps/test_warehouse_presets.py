"""A Segment warehouse in PostgreSQL through tap-postgres: three lines of rule for each table."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from tests.partners.moved import report
from tests.partners.partner import Partner
from tests.partners.servers.postgres_server import PostgresServer, binaries
from tests.partners.taps.delivering import Delivering

BEGAN = datetime(2026, 1, 1, 9, 30, tzinfo=timezone.utc)
USERS, ORDERS, SONGS, SCREENS = 40, 300, 200, 60
COMMON = """
    id text primary key, anonymous_id text, user_id text, received_at timestamptz,
    sent_at timestamptz, original_timestamp timestamptz, "timestamp" timestamptz,
    uuid_ts timestamptz, context_ip text, context_library_name text, context_page_url text
"""
TRAITS = "email text, name text, phone text, gender text, birthday date, plan text, married boolean"
TABLES = f"""
create schema shop_production;
create table shop_production.order_completed (
    {COMMON}, event text, event_text text, order_id text, revenue numeric(12, 2), currency text,
    products text, coupon text
);
create table shop_production.song_played (
    {COMMON}, event text, event_text text, title text, length bigint
);
create table shop_production.identifies ({COMMON}, {TRAITS});
create table shop_production.users (
    id text primary key, received_at timestamptz, uuid_ts timestamptz, context_ip text, {TRAITS}
);
create table shop_production.screens ({COMMON}, name text, level bigint);
"""
"""As Segment creates them: columns of its own, and one for each property or trait."""

NAMES = ("order_completed", "song_played", "identifies", "users", "screens")
RULES = {f"shop_production-{name}": {"preset": "segment"} for name in NAMES}


def common(table: str, number: int) -> dict[str, Any]:
    """Return what Segment adds to every row; each seventh user is anonymous."""
    moment = BEGAN + timedelta(minutes=number)
    return {
        "id": f"ajs-{table}-{number}",
        "anonymous_id": f"anonymous-{number % USERS}",
        "user_id": None if number % 7 == 0 else f"user-{number % USERS}",
        **dict.fromkeys(("received_at", "sent_at", "original_timestamp"), moment),
        **dict.fromkeys(("timestamp", "uuid_ts"), moment),
        "context_ip": "192.0.2.1",
        "context_library_name": "analytics.js",
        "context_page_url": "https://shop.example/",
    }


def traits(number: int) -> dict[str, Any]:
    return {
        "email": f"user{number}@example.org",
        "name": f"Käthe {number} 茶",
        "phone": f"+1 (415) 555-{number:04}",
        "gender": ("female", "M", None)[number % 3],
        "birthday": (BEGAN - timedelta(days=9000 + number)).date(),
        "plan": "gold",
        "married": number % 2 == 0,
    }


def items(number: int) -> list[dict[str, Any]]:
    return [{"product_id": f"p{number % 9}", "price": 2.25, "quantity": 1 + number % 3}]


def rows_of(table: str, count: int) -> list[dict[str, Any]]:
    """Return the rows of a table."""
    return [row(table, number) for number in range(count)]


def row(table: str, number: int) -> dict[str, Any]:
    if table == "users":
        loaded = dict.fromkeys(("received_at", "uuid_ts"), BEGAN)
        return {"id": f"user-{number}", **loaded, "context_ip": "192.0.2.1", **traits(number)}
    own: dict[str, dict[str, Any]] = {
        "order_completed": {
            "event": "order_completed",
            "event_text": "Order Completed",
            "order_id": f"o{number}",
            "revenue": f"{number}.25",
            "currency": "EUR",
            "products": json.dumps(items(number)),
            "coupon": None,
        },
        "song_played": {
            "event": "song_played",
            "event_text": "Song Played",
            "title": f"Song {number}",
            "length": number,
        },
        "identifies": traits(number),
        "screens": {"name": "Home", "level": number},
    }
    return {**common(table, number), **own[table]}


def event_of(table: str, number: int) -> dict[str, Any]:
    """Return the event that CleverTap is to hold of a row."""
    names = {"order_completed": "Charged", "song_played": "Song Played"}
    properties: dict[str, dict[str, Any]] = {
        "order_completed": {
            "Charged ID": f"o{number}",
            "Amount": number + 0.25,
            "Currency": "EUR",
            "Items": items(number),
        },
        "song_played": {"title": f"Song {number}", "length": number},
        "screens": {"name": "Home", "level": number},
    }
    moment = int((BEGAN + timedelta(minutes=number)).timestamp())
    name = names.get(table, "App Screen Viewed")
    body = {"type": "event", "evtName": name, "ts": moment, "evtData": properties[table]}
    return body | user_of(number)


def user_of(number: int) -> dict[str, str]:
    if number % 7 == 0:
        return {"objectId": f"anonymous-{number % USERS}"}
    return {"identity": f"user-{number % USERS}"}


def profile_of(number: int) -> dict[str, Any]:
    """Return the properties that CleverTap is to hold of a user."""
    given = traits(number)
    born = datetime.combine(given["birthday"], datetime.min.time(), timezone.utc)
    found = {
        "Name": given["name"],
        "Email": given["email"],
        "Phone": f"+1415555{number:04}",
        "DOB": f"$D_{int(born.timestamp())}",
        "plan": "gold",
        "married": "Y" if given["married"] else "N",
    }
    gender = {"female": "F", "M": "M"}.get(given["gender"] or "")
    return found if gender is None else found | {"Gender": gender}


def in_order(found: list[dict[str, Any]]) -> list[str]:
    return sorted(json.dumps(each, sort_keys=True) for each in found)


@dataclass
class Warehouse:
    server: PostgresServer

    def fill(self, table: str, rows: list[dict[str, Any]]) -> None:
        columns = ", ".join(f'"{each}"' for each in rows[0])
        self.server.copy(
            f"shop_production.{table} ({columns})", [(*each.values(),) for each in rows]
        )


@pytest.fixture(scope="module")
def warehouse():
    if binaries() is None:
        pytest.skip("PostgreSQL is not installed, and not available as a package for this Python")
    server = PostgresServer.start()
    server.query(TABLES)
    yield Warehouse(server)
    server.stop()


def test_a_segment_warehouse(warehouse, start_emulator, tmp_path, record_property):
    tap = Partner.installed("meltanolabs-tap-postgres")
    config = {
        "host": "127.0.0.1",
        "port": warehouse.server.port,
        "database": "analytics",
        "user": "postgres",
        "password": "postgres",
        "filter_schemas": ["shop_production"],
    }
    emulator = start_emulator(days=1, users=1)
    delivering = Delivering(tap, config, emulator, tmp_path, {"streams": RULES})
    counts = {"order_completed": ORDERS, "song_played": SONGS, "screens": SCREENS}
    for table, count in {**counts, "identifies": USERS, "users": USERS}.items():
        warehouse.fill(table, rows_of(table, count))
        stream = f"shop_production-{table}"
        delivering.discover(stream, key="received_at", method="INCREMENTAL")
    began = time.monotonic()
    ended = delivering.run()
    seconds = time.monotonic() - began
    events = [each["record"] for each in emulator.uploads(kind="events")["events"]]
    expected = [event_of(table, each) for table, count in counts.items() for each in range(count)]
    assert in_order(events) == in_order(expected), ended.log
    profiles = [each["record"] for each in emulator.uploads(kind="profiles")["profiles"]]
    people = [{"type": "profile", **user_of(each)} | with_data(each) for each in range(USERS)]
    users = [
        {"type": "profile", "identity": f"user-{each}"} | with_data(each) for each in range(USERS)
    ]
    assert in_order(profiles) == in_order([*people, *users])

    warehouse.fill("order_completed", [row("order_completed", ORDERS)])
    delivering.run()
    events = [each["record"] for each in emulator.uploads(kind="events")["events"]]
    assert in_order(events) == in_order([*expected, event_of("order_completed", ORDERS)])
    report(
        *(record_property, "Segment warehouse → target-clevertap"),
        rows_in=sum(counts.values()) + 2 * USERS + 1,
        rows_out=len(events) + len(profiles),
        equal=True,
        seconds=seconds,
    )


def with_data(number: int) -> dict[str, Any]:
    return {"profileData": profile_of(number)}
