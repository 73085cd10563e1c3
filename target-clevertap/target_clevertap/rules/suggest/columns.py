"""The columns of a table without a rule: the kind of each, by its schema and its name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from target_clevertap.records.limits import VALUE_CHARACTERS
from target_clevertap.rules.suggest.words import vocabulary, words_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LOADERS = re.compile(
    r"_+sdc_|_smart_source|_airbyte_|_fivetran_|_dlt_|__hevo|_etl_|_metadata_|_ab_source|_line$"
)
"""Columns that taps and loaders add."""

_SECRET_WORDS = vocabulary("password passwd pwd secret salt otp pin ssn cvv cvc token apikey")
_SECRETS = re.compile(r"password|passwd|api_?key|secret|card_?number|(access|refresh|auth)_?token")
_LONG_WORDS = vocabulary("body html content description raw payload xml")
LONGEST_TEXT = VALUE_CHARACTERS
"""Most characters of a value."""


@dataclass(frozen=True, eq=False)
class Column:
    """A column of a stream."""

    name: str
    schema: Mapping[str, Any]
    """Resolved: flat, or an `anyOf` of flat schemas."""

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The words of its name, in lower case."""
        return words_of(self.name)

    @cached_property
    def joined(self) -> str:
        """Its words in one: `customerid`."""
        return "".join(self.words)

    @property
    def last(self) -> str:
        """The last word of its name."""
        return self.words[-1] if self.words else ""

    @cached_property
    def flat(self) -> list[Mapping[str, Any]]:
        """The alternatives of its schema, without null."""
        alternatives = self.schema.get("anyOf")
        listed = alternatives if isinstance(alternatives, list) else [self.schema]
        return [each for each in listed if _types(each) != {"null"}]

    @cached_property
    def types(self) -> set[str]:
        """The types in its schema, without null; an empty set allows any type."""
        return {found for each in self.flat for found in _types(each)} - {"null"}

    @property
    def kind(self) -> str:
        """`nested`, `boolean`, `moment`, `day`, `number`, `text` or `any`."""
        if self.types & {"object", "array"}:
            return "any" if "string" in self.types and "integer" in self.types else "nested"
        if self._formats & {"date-time", "date"}:
            return "moment" if "date-time" in self._formats else "day"
        if self.types & {"integer", "number"} or "singer.decimal" in self._formats:
            return "number"
        if "string" in self.types:
            return "text"
        return "boolean" if "boolean" in self.types else "any"

    @property
    def is_text(self) -> bool:
        """Whether it holds text without a format."""
        return self.kind == "text"

    @property
    def _formats(self) -> set[str]:
        keys = ("format", "x-singer.decimal")
        found = {str(each[key]) for each in self.flat for key in keys if key in each}
        return found | {"singer.decimal" for each in self.flat if each.get("x-singer.decimal")}

    @property
    def is_of_loader(self) -> bool:
        """Whether a tap or a loader added it."""
        return bool(LOADERS.match(self.name.casefold()))

    @property
    def is_secret(self) -> bool:
        """Whether its name suggests a password, a token or the like."""
        if self.kind == "boolean" or {"count", "at", "date", "type", "status"} & set(self.words):
            return False
        return bool(_SECRET_WORDS & set(self.words) or _SECRETS.search(self.name.casefold()))

    @property
    def is_list_of_values(self) -> bool:
        """Whether it holds only lists of texts or numbers."""
        return self.types == {"array"} and all(_holds_values(each) for each in self.flat)

    @property
    def may_be_long(self) -> bool:
        """Whether its text may exceed CleverTap's limit."""
        longest = [each.get("maxLength") for each in self.flat]
        if any(isinstance(each, int) and each <= LONGEST_TEXT for each in longest):
            return False
        is_named_so = self.last in _LONG_WORDS or self.joined in {"text", "message"}
        return self.kind in {"text", "any"} and is_named_so

    def inner(self) -> list[Column]:
        """Return the columns of its objects, where its schema lists them."""
        found: dict[str, Column] = {}
        for each in self.flat:
            properties = each.get("properties")
            for name, schema in (properties if isinstance(properties, dict) else {}).items():
                found[name] = Column(name, schema if isinstance(schema, dict) else {})
        return list(found.values())


def _types(schema: Mapping[str, Any]) -> set[str]:
    types = schema.get("type", [])
    return {types} if isinstance(types, str) else {str(each) for each in types}


def _holds_values(schema: Mapping[str, Any]) -> bool:
    items = schema.get("items")
    return isinstance(items, dict) and bool(_types(items)) and not _types(items) & NESTED


NESTED = {"object", "array"}


def read_table(listed: Mapping[str, Mapping[str, Any]]) -> list[Column]:
    """Return the columns of a stream without those of a loader.

    Args:
        listed: Their resolved schemas by name.
    """
    columns = [Column(name, schema) for name, schema in listed.items()]
    return [column for column in columns if not column.is_of_loader]


def named(columns: Iterable[Column], *names: str) -> Column | None:
    """Return the column with the first of these names; they are in one word: `firstname`."""
    found = {column.joined: column for column in reversed(list(columns))}
    return next((found[name] for name in names if name in found), None)
