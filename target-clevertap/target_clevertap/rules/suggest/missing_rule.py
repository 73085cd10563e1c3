"""The message that ends a run at a stream without a rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_clevertap._plugin.shown import shown
from target_clevertap.rules.suggest.suggest import suggest
from target_clevertap.rules.suggest.suggestion import Table, listed, table_of
from target_clevertap.rules.suggest.table_kind import refers_to
from target_clevertap.rules.suggest.words import (
    ACTIVITIES,
    LINES,
    REVERSALS,
    TRANSACTIONS,
    TRANSACTIONS_WITH_AMOUNT,
)
from target_clevertap.rules.suggest.yaml_text import key_in_yaml, map_name, suggested_yaml

if TYPE_CHECKING:
    from collections.abc import Iterable

    from target_clevertap.singer.columns import Columns


def no_rule(
    stream: str,
    columns: Columns,
    keys: Iterable[str],
    bookmarks: object = None,
    *,
    has_ledger: bool = True,
) -> str:
    """Return the message: with a rule to paste, or the reason why none can be suggested.

    Args:
        stream: Its name, after stream maps.
        columns: Its columns, after stream maps.
        keys: Its primary key.
        bookmarks: The `bookmark_properties` of its SCHEMA message.
        has_ledger: Whether there is a ledger.
    """
    known = (
        [each for each in bookmarks if isinstance(each, str)] if isinstance(bookmarks, list) else []
    )
    table = table_of(stream, columns.listed, list(keys), known, has_ledger=has_ledger)
    fault = f"stream {shown(stream)}: it has no rule and nothing of it was sent"
    suggestion = suggest(table)
    if suggestion is None:
        return f"{fault}; {_why_not(table)}"
    example = suggested_yaml(stream, suggestion)
    return f"{fault}; add one to the setting streams, for example:\n{example}"


def _why_not(table: Table) -> str:
    """Return the reason why no rule can be suggested, and what to do."""
    if not table.columns:
        return "its SCHEMA lists no columns to suggest one from; write one for the columns you know"
    objects = [column.name for column in table.columns if "object" in column.types]
    key = key_in_yaml(map_name(table.stream))
    out = f"leave it out of the tap's selection, or by stream_maps: {{{key}: __NULL__}}"
    if objects and table.noun not in LINES:
        text = (
            f"no column of text or numbers names a user; if one is within {listed(objects, ' or ')}"
        )
        return f"{text}, extract it with a stream map; otherwise {out}"
    deeds = TRANSACTIONS | TRANSACTIONS_WITH_AMOUNT | ACTIVITIES | REVERSALS
    refers = [column.name for column in table.columns if refers_to(column, deeds)]
    join = listed(refers or table.keys, " or ")
    both = f"both {join} and the user's id" if join else "the user's id"
    return (
        f"no column names a user; join it with a table that has {both}, in a view or in the tap's "
        f"query, or {out}"
    )
