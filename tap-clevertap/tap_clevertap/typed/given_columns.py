"""The names of columns that were given, packed into the state: a few letters for each.

A name stays what it is, although a new property would meet it. So the state has an entry for each
column: a digest of its name, and one of its property. Digests of two columns may be equal.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from tap_clevertap.typed.names import assign_names, possible_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from collections.abc import Set as AbstractSet

    from tap_clevertap.typed.layout import TypedEvent

COLUMN_LETTERS, PROPERTY_LETTERS = 3, 2
LETTERS = COLUMN_LETTERS + PROPERTY_LETTERS


def _digest(text: str, letters: int) -> str:
    return urlsafe_b64encode(sha256(text.encode()).digest()[:LETTERS])[:letters].decode()


def _entry(column: str, name: str) -> str:
    return _digest(column, COLUMN_LETTERS) + _digest(name, PROPERTY_LETTERS)


class GivenColumns:
    """Columns that were given, by an entry for each; `in` tells whether a name may be one of them.

    Args:
        packed: From the state.
    """

    def __init__(self, packed: str = "") -> None:
        self._entries = frozenset(_split(packed))
        self._columns = frozenset(each[:COLUMN_LETTERS] for each in self._entries)

    def __contains__(self, column: object) -> bool:
        return isinstance(column, str) and _digest(column, COLUMN_LETTERS) in self._columns

    @property
    def entries(self) -> AbstractSet[str]:
        """The entries of the columns."""
        return self._entries

    def has(self, column: str, name: str) -> bool:
        """Return whether a property was given a column."""
        return _entry(column, name) in self._entries

    def of(self, names: Iterable[str]) -> dict[str, str]:
        """Return the columns that properties were given; no two have the same."""
        found: dict[str, str] = {}
        if not self._entries:
            return found
        possible = {
            name: [each for each in possible_names(name) if self.has(each, name)] for name in names
        }
        used: set[str] = set()
        # The digest of a property is short: one that may have two columns leaves others the first.
        for name in sorted(possible, key=lambda name: len(possible[name])):
            column = next((each for each in possible[name] if each not in used), None)
            if column is not None:
                found[name] = column
                used.add(column)
        return found

    def packed_with(self, columns: Mapping[str, str]) -> str:
        """Return these and more columns, packed.

        Args:
            columns: By the name of the property.
        """
        more = {_entry(column, name) for name, column in columns.items()}
        return "".join(sorted(self._entries | more))


def name_columns(
    properties: Iterable[str], fields: Iterable[str], given: GivenColumns
) -> dict[str, str]:
    """Return the column of each property.

    Args:
        properties: Their names, as CleverTap has them.
        fields: The fields that each record has; no column meets one.
        given: In earlier runs.
    """
    names = [*properties]
    kept = given.of(names)
    return assign_names(names, taken=_Taken(fields, given), kept=kept)


class _Taken:
    """The names that a new column may not have."""

    def __init__(self, fields: Iterable[str], given: GivenColumns) -> None:
        self._fields = frozenset(fields)
        self._given = given

    def __contains__(self, column: object) -> bool:
        return column in self._fields or column in self._given


class Comparison(NamedTuple):
    """What getSchema declares now, compared with the columns of earlier runs."""

    new: list[str]
    """Properties that were not declared before, or have no column in the catalog."""
    vanished: list[str]
    """Properties that are no longer declared; empty text where the name is not known."""


def mark_columns(stream_state: dict[str, Any], event: TypedEvent) -> Comparison:
    """Keep the columns of an event in its state; compare them with those of earlier runs.

    Args:
        stream_state: `columns` and `gone` in it are changed.
        event: With the columns of this run.
    """
    given = GivenColumns(stream_state.get("columns", ""))
    columns = {each.property: each.name for each in event.columns}
    has_given = "columns" in stream_state
    new = [
        name
        for name in event.declared
        if name not in columns or (has_given and not given.has(columns[name], name))
    ]
    gone_before = _split(stream_state.get("gone", ""))
    undeclared = {
        _entry(column, name): name for name, column in columns.items() if name not in event.declared
    }
    declared = {_entry(columns[name], name) for name in event.declared.keys() & columns}
    gone = sorted((given.entries | undeclared.keys()) - declared)
    stream_state["columns"] = given.packed_with(columns)
    stream_state.pop("gone", None)
    if gone:
        stream_state["gone"] = "".join(gone)
    return Comparison(new, [undeclared.get(each, "") for each in gone if each not in gone_before])


def _split(packed: str) -> list[str]:
    return [packed[at : at + LETTERS] for at in range(0, len(packed), LETTERS)]
