"""Finds the column that holds the user key, where the one that a rule names does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from target_clevertap.api.lookups import User
from target_clevertap.records.exact_json import UNREADABLE, decode_value
from target_clevertap.records.names import is_never_sent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from target_clevertap.rules.rule import Rule

MOST_ROWS = 20
MOST_LOOKUPS = 200
"""Of all columns together; with many columns fewer values of each are looked up."""

FEWEST_VALUES = 3
"""Of a column: fewer different ones name no users."""

LONGEST_KEY = 256
"""Characters: what is longer names no user."""


class BetterColumn(NamedTuple):
    """A column, and how many of its values CleverTap knows as users."""

    column: str
    known: int
    asked: int


def better_column(
    rows: Sequence[bytes],
    rule: Rule | None,
    kind: str,
    known: Callable[[Sequence[User]], list[bool]],
) -> BetterColumn | None:
    """Return the column most of whose values CleverTap knows; None where it knows too few.

    Args:
        rows: Of users that CleverTap does not know, as they came in.
        rule: Of the stream; columns that it leaves out are not looked at, as nobody wants their
            values sent.
        kind: Of the user key.
        known: Tells which users CleverTap knows.
    """
    values = _values([*_read(rows[:MOST_ROWS])], rule)
    if not values:
        return None
    each = max(1, MOST_LOOKUPS // len(values))
    asked = [
        (column, User(kind, value)) for column, found in values.items() for value in found[:each]
    ][:MOST_LOOKUPS]
    users = [*dict.fromkeys(user for _, user in asked)]
    are_known = dict(zip(users, known(users), strict=True))
    counts = [
        BetterColumn(
            column,
            sum(are_known[user] for of, user in asked if of == column),
            sum(of == column for of, _ in asked),
        )
        for column in dict.fromkeys(column for column, _ in asked)
    ]
    best = max(counts, key=lambda count: count.known / count.asked)
    return best if 2 * best.known > best.asked else None


def _read(rows: Iterable[bytes]) -> Iterable[Mapping[str, Any]]:
    for raw in rows:
        try:
            record = decode_value(raw)
        except UNREADABLE:
            continue
        if isinstance(record, dict):
            yield record


def _values(records: Sequence[Mapping[str, Any]], rule: Rule | None) -> dict[str, list[str]]:
    """Return the different values of each column that may hold a user key."""
    values: dict[str, dict[str, None]] = {}
    for record in records:
        for column, value in record.items():
            if _may_be_asked(column, rule) and (key := _key(value)) is not None:
                values.setdefault(column, {})[key] = None
    return {column: [*keys] for column, keys in values.items() if len(keys) >= FEWEST_VALUES}


def _may_be_asked(column: str, rule: Rule | None) -> bool:
    if is_never_sent(column):
        return False
    if rule is None:
        return True
    return column != rule.identity and (rule.others == "keep" or column in rule.columns)


def _key(value: Any) -> str | None:  # noqa: ANN401 - any JSON value
    """Return a value as a user key; None for what cannot be one."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return None
    text = str(value).strip()
    return text if 0 < len(text) <= LONGEST_KEY else None
