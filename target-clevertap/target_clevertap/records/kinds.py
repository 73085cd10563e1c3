"""The kinds of values that a column may hold, by its schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from target_clevertap.records.numbers import multiple_of

if TYPE_CHECKING:
    from decimal import Decimal

Schema: TypeAlias = dict[str, Any]

TYPES = ("null", "boolean", "integer", "number", "string", "array", "object")

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
"""Formats of text that is not sent as text: tap-mysql and others write decimals as text."""


class Kind(NamedTuple):
    """The kinds of values that a column may hold; null is always allowed."""

    allowed: frozenset[str]
    """Some of TEXT, DATE, DECIMAL, NUMBER, BOOLEAN, OBJECT and LIST, or ANYTHING."""

    multiple: Decimal | None = None
    """The `multipleOf` of its numbers."""

    @property
    def has_text(self) -> bool:
        """Whether text may be plain text: then it is sent as text."""
        return not self.allowed.isdisjoint((ANYTHING, TEXT))

    @property
    def is_nested(self) -> bool:
        """Whether only objects and lists are allowed."""
        return self.allowed <= {OBJECT, LIST}


ANY = Kind(frozenset((ANYTHING,)))


def types_of(schema: Schema) -> set[str]:
    """Return the types that a flat schema allows: all types where it has no `type`."""
    types = schema.get("type", TYPES)
    return {types} if isinstance(types, str) else set(types)


def kind_of(schema: Schema | None) -> Kind:
    """Return what a column may hold.

    Args:
        schema: Resolved, as in `Columns`; None for an unknown column.
    """
    alternatives = [] if schema is None else schema.get("anyOf", [schema])
    allowed = {kind for alternative in alternatives for kind in _kinds(alternative)}
    multiples = {multiple_of(alternative.get("multipleOf")) for alternative in alternatives} - {
        None
    }
    only = multiples.pop() if len(multiples) == 1 else None
    return Kind(frozenset(allowed or {ANYTHING}), only)


def _kinds(alternative: Schema) -> set[str]:
    special = OF_FORMATS.get(_format(alternative.get("format")))
    if "type" not in alternative:
        return {special or ANYTHING}
    types = types_of(alternative)
    kinds = {OF_TYPES[each] for each in types if each in OF_TYPES}
    return kinds | {special or TEXT} if "string" in types else kinds


def _format(name: Any) -> str:  # noqa: ANN401 - what a tap sent
    """Return a format as JSON Schema spells it: some taps write `Date` or `datetime`."""
    folded = name.strip().lower().replace("_", "-") if isinstance(name, str) else ""
    return "date-time" if folded == "datetime" else folded
