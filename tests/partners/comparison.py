"""Rows that were sent next to rows that arrived: every column of every row."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Row = dict[str, Any]


@dataclass(frozen=True)
class Comparison:
    """How many rows were sent and arrived, and in how many of them each column differs."""

    rows_in: int
    rows_out: int
    differing: Counter[str] = field(default_factory=Counter)
    examples: list[tuple[str, Any, Any]] = field(default_factory=list)

    @property
    def is_exact(self) -> bool:
        return self.rows_in == self.rows_out and not self.differing


def compared(sent: Iterable[Row], found: Iterable[Row], schema: dict[str, Any]) -> Comparison:
    """Compare rows by their key; values are those of a SCHEMA message's columns."""
    keys, columns = schema["key_properties"], schema["schema"]["properties"]
    read = {name: _reader(column) for name, column in columns.items()}
    expected = {_key(row, keys): row for row in sent}
    found = list(found)
    differing: Counter[str] = Counter()
    examples = []
    for row in found:
        wanted = expected.get(_key(row, keys), {})
        for name, reader in read.items():
            pair = reader(wanted.get(name)), reader(row.get(name))
            if pair[0] != pair[1]:
                differing[name] += 1
                examples.append((name, *pair))
    missing = expected.keys() - {_key(row, keys) for row in found}
    if missing:
        differing["(row missing)"] = len(missing)
    return Comparison(len(expected), len(found), differing, examples[:5])


def compared_as_lists(
    sent: Iterable[Row], found: Iterable[Row], schema: dict[str, Any]
) -> Comparison:
    """Compare rows where one may be there several times, as it was sent."""
    read = {name: _reader(each) for name, each in schema["schema"]["properties"].items()}
    expected, arrived = (
        Counter(repr([reader(row.get(name)) for name, reader in read.items()]) for row in rows)
        for rows in (sent, found)
    )
    counts = expected.total(), arrived.total()
    missing = (expected - arrived).total()
    return Comparison(*counts, Counter({"(row missing)": missing} if missing else {}))


def last_of_each(rows: Iterable[Row], key: str) -> list[Row]:
    """Return what an upsert leaves of rows."""
    return list({row[key]: row for row in rows}.values())


def spelled_alike(value: Any) -> Any:
    """Write a JSON value so that equal values are equal: numbers as exact decimals."""
    if isinstance(value, dict):
        return {key: spelled_alike(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [spelled_alike(each) for each in value]
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, (int, float, Decimal)):
        return Decimal(str(value)).normalize()
    return value


def _key(row: Row, names: list[str]) -> tuple[Any, ...]:
    return tuple(str(row[name]) for name in names)


def _reader(column: dict[str, Any]) -> Callable[[Any], Any]:
    """Return what makes a column's values comparable, however a place holds them."""
    types = column.get("type", [])
    if column.get("format") == "date-time":
        return _instant
    if column.get("format") == "date":
        return _day
    return _json if {"object", "array"} & set(types) else spelled_alike


def _instant(value: Any) -> Any:
    """Return a time in UTC; one without a zone is of UTC already."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if isinstance(value, datetime):
        return value.replace(tzinfo=value.tzinfo or timezone.utc).astimezone(timezone.utc)
    return value


def _day(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.date()
    return date.fromisoformat(value[:10]) if isinstance(value, str) else value


def _json(value: Any) -> Any:
    """Read an object or a list that came as JSON text; other text stays as it is."""
    if not isinstance(value, str):
        return spelled_alike(value)
    with suppress(json.JSONDecodeError):
        return spelled_alike(json.loads(value, parse_float=Decimal))
    return value
