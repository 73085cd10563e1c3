"""The suggestion for a stream without a rule, and the table that it is made from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from target_clevertap._plugin.shown import shown, visible
from target_clevertap.rules.suggest.columns import LOADERS, read_table
from target_clevertap.rules.suggest.user_columns import user_columns
from target_clevertap.rules.suggest.words import head_noun

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from target_clevertap.rules.suggest.columns import Column

MOST_LISTED = 12


@dataclass(frozen=True)
class Table:
    """A stream without a rule, as its SCHEMA describes it."""

    stream: str
    columns: Sequence[Column]
    keys: Sequence[str]
    bookmarks: Sequence[str]
    has_ledger: bool = True
    loaders: Sequence[str] = ()
    """Columns of a tap or a loader that the target would send."""

    @property
    def noun(self) -> str:
        """What a row is: `order`."""
        return head_noun(self.stream)

    def users(self) -> list[Column]:
        """Return the columns that may hold the user key, the likeliest first."""
        return user_columns(self.columns, self.noun, self.keys)


def table_of(
    stream: str,
    listed_columns: Mapping[str, Mapping[str, Any]],
    keys: Sequence[str],
    bookmarks: Sequence[str],
    *,
    has_ledger: bool,
) -> Table:
    """Return the table of a stream.

    Args:
        stream: Its name.
        listed_columns: The resolved schemas of its columns by name.
        keys: Its primary key.
        bookmarks: Its bookmark.
        has_ledger: Whether deliveries are kept.
    """
    loaders = [
        name
        for name in listed_columns
        if LOADERS.match(name.casefold()) and "_sdc_" not in name.casefold()
    ]
    columns = read_table(listed_columns)
    return Table(stream, columns, keys, bookmarks, has_ledger=has_ledger, loaders=loaders)


@dataclass
class Suggestion:
    """A rule for a stream, the stream maps that it needs, and remarks on both."""

    rule: dict[str, Any] = field(default_factory=dict)
    maps: dict[str, Any] = field(default_factory=dict)
    """Expressions of a stream map by column."""

    remarks: dict[str, list[str]] = field(default_factory=dict)
    """By a key of the rule, `stream_maps`, or empty text for the whole rule."""

    def remark(self, key: str, text: str) -> None:
        """Add a remark on a key of the rule."""
        self.remarks.setdefault(key, []).append(text)


def listed(names: Iterable[str], joint: str = ", ") -> str:
    """Return names for a message; of many names only the first."""
    every = list(names)
    more = f" and {len(every) - MOST_LISTED} more" if len(every) > MOST_LISTED else ""
    return joint.join(shown(name) for name in every[:MOST_LISTED]) + more


def map_key(column: str, property_name: str) -> str:
    """Return the name of a column that a stream map makes: the same, if Meltano keeps it."""
    return property_name if "." in column or column.startswith("__") else column


def value_of(column: str) -> str:
    """Return an expression of a stream map for the value of a column; null where it is missing."""
    return f"record.get({literal(column)})"


def literal(text: str) -> str:
    """Return a text as an expression of a stream map."""
    quoted = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{visible(quoted)}'"
