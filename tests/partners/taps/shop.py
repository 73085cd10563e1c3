"""A shop's people and orders, as Python holds them, and what CleverTap is to hold of them."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

from tests.partners.comparison import Comparison, compared

Row = dict[str, Any]

PEOPLE, ORDERS = 60, 300
BEGAN = datetime(2026, 1, 1, 9, 30, tzinfo=timezone.utc)
NOTES = [None, "one\ntwo, \"three\"; 'four'", "naïve 茶 ☕"]
RULES: dict[str, Row] = {
    "people": {
        "type": "profile",
        "identity": "customer_id",
        "properties": {"Name": "name", "Email": "email", "Phone": "phone", "DOB": "born"},
    },
    "orders": {
        "type": "event",
        "event": "Charged",
        "identity": "customer_id",
        "time": "placed_at",
        "properties": {
            "Amount": "total",
            "Currency": "currency",
            "Charged ID": "order_id",
            "Items": "lines",
            "note": "note",
        },
        "others": "drop",
    },
}


def person(number: int) -> Row:
    """Return a row; every third has nothing but a key, an address and a number."""
    is_sparse = number % 3 == 0
    full = {
        "name": f"Käthe {number} 茶",
        "phone": f"+1415555{number:04}",
        "born": date(1980, 2, 29) + timedelta(number),
        "points": number * 1_000_003,
        "balance": Decimal(number) * Decimal("1.01"),
        "is_vip": number % 2 == 0,
        "joined_at": BEGAN - timedelta(hours=number),
        "note": NOTES[number % 3],
    }
    key = {"customer_id": f"shop-{number}", "email": f"person{number}@example.org"}
    return key | (dict.fromkeys(full) if is_sparse else full)


def order(number: int) -> Row:
    """Return a row."""
    lines = [{"Product": f"Tea {number % 7}", "Quantity": 1 + number % 3, "Price": 2.25}]
    return {
        "order_id": number,
        "customer_id": f"shop-{number % PEOPLE}",
        "total": Decimal(number) * Decimal("0.37"),
        "currency": "INR",
        "lines": lines if number % 4 else None,
        "note": NOTES[number % 3],
        "placed_at": BEGAN + timedelta(minutes=number),
        "updated_at": BEGAN + timedelta(minutes=number),
    }


def people() -> list[Row]:
    """Return all people."""
    return [person(number) for number in range(PEOPLE)]


def orders(count: int = ORDERS) -> list[Row]:
    """Return so many orders."""
    return [order(number) for number in range(count)]


def profile_of(row: Row) -> Row:
    """Return what CleverTap is to hold of a person: properties next to the identity."""
    renamed = {"customer_id": "identity"} | {
        column: name for name, column in RULES["people"]["properties"].items()
    }
    return {renamed.get(name, name): sent(value) for name, value in row.items()}


def event_of(row: Row) -> Row:
    """Return what CleverTap is to hold of an order: properties next to user and time."""
    named = RULES["orders"]["properties"].items()
    found = {name: row[column] for name, column in named if column in row}
    return found | {"identity": row["customer_id"], "ts": int(row["placed_at"].timestamp())}


def sent(value: Any) -> Any:
    """Return a value as CleverTap takes it."""
    if isinstance(value, datetime):
        return f"$D_{int(value.timestamp())}"
    if isinstance(value, date):
        midnight = datetime.combine(value, time(), timezone.utc)
        return f"$D_{int(midnight.timestamp())}"
    return value


def compared_people(rows: list[Row], stored: list[Row]) -> Comparison:
    """Compare with the profiles that CleverTap holds, the last of each person."""
    last = {each["identity"]: each for each in stored}.values()
    found = [each["profileData"] | {"identity": each["identity"]} for each in last]
    return _compared([profile_of(row) for row in rows], found, "identity")


def compared_orders(rows: list[Row], stored: list[Row]) -> Comparison:
    """Compare with the events that CleverTap holds, each as often as it is there."""
    found = [each["evtData"] | {name: each[name] for name in ("identity", "ts")} for each in stored]
    return _compared([event_of(row) for row in rows], found, "Charged ID")


def _compared(expected: list[Row], found: list[Row], key: str) -> Comparison:
    columns = {name for row in [*expected, *found] for name in row}
    schema = {"key_properties": [key], "schema": {"properties": {name: {} for name in columns}}}
    return compared(expected, found, schema)
