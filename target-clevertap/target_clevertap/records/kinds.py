"""What a column may hold, as its schema says it, and what its values mean by that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from target_clevertap.records.numbers import multiple_of
from target_clevertap.singer.references import typed

if TYPE_CHECKING:
    from decimal import Decimal

    from target_clevertap.singer.references import Schema

ANYTHING, TEXT, DATE, DECIMAL = "anything", "text", "date", "decimal"
NUMBER, BOOLEAN, OBJECT, LIST = "number", "boolean", "object", "list"

OF_TYPES = {
    "integer": NUMBER,
    "number": NUMBER,
    "boolean": BOOLEAN,
    "object": OBJECT,
    "array": LIST,
}
OF_FORMATS = {
    "date": DATE,
    "date-time": DATE,
    "singer.decimal": DECIMAL,
    "x-singer.decimal": DECIMAL,
}
"""Formats of texts that are not texts to CleverTap: tap-mysql and others write decimals as text."""


class Kind(NamedTuple):
    """What the values of a column may be; null is allowed everywhere."""

    allowed: frozenset[str]
    """Some of TEXT, DATE, DECIMAL, NUMBER, BOOLEAN, OBJECT and LIST, or ANYTHING."""

    multiple: Decimal | None = None
    """What every number is a multiple of, where the schema says so."""

    @property
    def has_text(self) -> bool:
        """Whether a text may be just a text: then it stays one."""
        return not self.allowed.isdisjoint((ANYTHING, TEXT))

    @property
    def is_nested(self) -> bool:
        """Whether there are only objects or lists."""
        return self.allowed <= {OBJECT, LIST}


ANY = Kind(frozenset((ANYTHING,)))


def kind_of(schema: Schema | None) -> Kind:
    """Return what a column may hold.

    Args:
        schema: Resolved, as `Columns` has it; None for a column that nothing is known of.
    """
    branches = [] if schema is None else schema.get("anyOf", [schema])
    allowed = {kind for branch in branches for kind in _kinds(branch)}
    multiples = {multiple_of(branch.get("multipleOf")) for branch in branches} - {None}
    only = multiples.pop() if len(multiples) == 1 else None
    return Kind(frozenset(allowed or {ANYTHING}), only)


def _kinds(branch: Schema) -> set[str]:
    special = OF_FORMATS.get(_format(branch.get("format")))
    if "type" not in branch:
        return {special or ANYTHING}
    types = typed(branch)
    kinds = {OF_TYPES[each] for each in types if each in OF_TYPES}
    return kinds | {special or TEXT} if "string" in types else kinds


def _format(name: Any) -> str:  # noqa: ANN401 - what a tap sent
    """Return the name of a format as JSON Schema spells it: some taps write `Date`, `datetime`."""
    folded = name.strip().lower().replace("_", "-") if isinstance(name, str) else ""
    return "date-time" if folded == "datetime" else folded
