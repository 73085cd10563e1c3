"""What is said of a stream that has no rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_clevertap._plugin.shown import shown
from target_clevertap.rules.suggest.suggest import suggest, table_of, why_no_rule
from target_clevertap.rules.suggest.yaml_text import suggested_yaml

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
    """Return what is wrong and a rule to paste, or what keeps the stream from having one.

    Args:
        stream: Its name, after stream maps.
        columns: What its SCHEMA says of its columns, after stream maps.
        keys: Its primary key.
        bookmarks: What its SCHEMA message gives as `bookmark_properties`.
        has_ledger: Whether deliveries are kept.
    """
    known = (
        [each for each in bookmarks if isinstance(each, str)] if isinstance(bookmarks, list) else []
    )
    table = table_of(stream, columns.listed, list(keys), known, has_ledger=has_ledger)
    fault = f"stream {shown(stream)}: it has no rule and nothing of it was sent"
    suggestion = suggest(table)
    if suggestion is None:
        return f"{fault}; {why_no_rule(table)}"
    example = suggested_yaml(stream, suggestion)
    return f"{fault}; add one to the setting streams, for example:\n{example}"
