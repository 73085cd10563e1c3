"""The names of columns that were given, packed into the state: a few letters for each.

A name stays what it is, although a new property would meet it. So the state has a digest of each
column, and of its property.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from tap_clevertap.typed.names import assign_names, has_only_simple, plain_name, suffixed_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from collections.abc import Set as AbstractSet

    from tap_clevertap.typed.layout import TypedEvent

COLUMN_LETTERS, PROPERTY_LETTERS = 3, 2
LETTERS = COLUMN_LETTERS + PROPERTY_LETTERS


def _digest(text: str, letters: int) -> str:
    return urlsafe_b64encode(sha256(text.encode()).digest()[:LETTERS])[:letters].decode()


class GivenColumns:
    """Columns that were given, by the digest of each; `in` tells whether a name is one of them.

    Args:
        packed: From the state.
    """

    def __init__(self, packed: str = "") -> None:
        entries = _split(packed, LETTERS)
        self._given = {each[:COLUMN_LETTERS]: each[COLUMN_LETTERS:] for each in entries}

    def __contains__(self, column: object) -> bool:
        return isinstance(column, str) and _digest(column, COLUMN_LETTERS) in self._given

    @property
    def digests(self) -> AbstractSet[str]:
        """The digests of the columns."""
        return self._given.keys()

    def has(self, column: str, name: str) -> bool:
        """Return whether a property was given a column."""
        return self._given.get(_digest(column, COLUMN_LETTERS)) == _digest(name, PROPERTY_LETTERS)

    def of(self, names: Iterable[str]) -> dict[str, str]:
        """Return the columns that properties were given."""
        found = {}
        for name in names:
            forms = [plain_name(name)] if has_only_simple(name) else []
            for column in (*forms, suffixed_name(name)):
                if self.has(column, name):
                    found[name] = column
                    break
        return found

    def packed_with(self, columns: Mapping[str, str]) -> str:
        """Return these and more columns, packed.

        Args:
            columns: By the name of the property.
        """
        given = dict(self._given)
        for name, column in columns.items():
            given[_digest(column, COLUMN_LETTERS)] = _digest(name, PROPERTY_LETTERS)
        return "".join(column + name for column, name in sorted(given.items()))


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
    gone_before = _split(stream_state.get("gone", ""), COLUMN_LETTERS)
    undeclared = {
        _digest(column, COLUMN_LETTERS): name
        for name, column in columns.items()
        if name not in event.declared
    }
    declared = {_digest(columns[name], COLUMN_LETTERS) for name in event.declared.keys() & columns}
    gone = sorted((given.digests | undeclared.keys()) - declared)
    stream_state["columns"] = given.packed_with(columns)
    stream_state.pop("gone", None)
    if gone:
        stream_state["gone"] = "".join(gone)
    return Comparison(new, [undeclared.get(each, "") for each in gone if each not in gone_before])


def _split(packed: str, letters: int) -> list[str]:
    return [packed[at : at + letters] for at in range(0, len(packed), letters)]
