"""What a user should know of a stream before its first record is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_clevertap._plugin.shown import shown, visible
from target_clevertap.rules.checks import path, sent_names
from target_clevertap.rules.reading import tells_of_change

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from target_clevertap.records.mapping import RuleMapping
    from target_clevertap.rules.rule import Rule
    from target_clevertap.singer.columns import Columns
    from target_clevertap.singer.lines import Line

COLUMNS_NAMED = 5


def rule_warnings(stream: str, rule: Rule, mapping: RuleMapping, columns: Columns) -> Iterator[str]:
    """Yield warnings of what a rule does with a stream's columns.

    Args:
        stream: Its name, after stream maps.
        rule: Its rule.
        mapping: By the rule, for these columns.
        columns: What the SCHEMA says of them.
    """
    sent = [*sent_names(rule, mapping, columns)]
    odd = [name for _, name in sent if visible(name) != name or name != name.strip()]
    if odd:
        named = ", ".join(map(shown, odd[:COLUMNS_NAMED]))
        more = f" and {len(odd) - COLUMNS_NAMED} more" if len(odd) > COLUMNS_NAMED else ""
        yield (
            f"stream {shown(stream)}: {named}{more} have spaces at an end or characters that "
            f"nobody sees, and are sent under these names; name them otherwise under "
            f"{path(stream)}.properties"
        )


def key_warning(stream: str, keys: Sequence[str], columns: Columns) -> str | None:
    """Return a warning where records may lack the key by which the ledger would know them.

    Args:
        stream: Its name, after stream maps.
        keys: Its primary key.
        columns: What the SCHEMA says of its columns.
    """
    unlisted = [key for key in keys if key not in columns.listed]
    if not unlisted or not columns.listed:
        return None
    return (
        f"stream {shown(stream)}: its key names {', '.join(map(shown, unlisted))}, which its "
        "SCHEMA does not list. The run ends at a record without it; if there are such, name "
        f"columns that tell the records apart under {path(stream)}.ledger_key"
    )


def whole_table_note(stream: str, message: Line) -> str | None:
    """Return a note where every run may send all profiles of a stream.

    Args:
        stream: Its name, after stream maps.
        message: Its SCHEMA message.
    """
    if message.bookmark_properties:
        return None
    return (
        f"stream {shown(stream)} has no bookmark: if its tap reads the whole table on every run, "
        "all its profiles are sent on every run. Nothing is doubled by that; a tap that reads by a "
        "bookmark, or from a log, sends what changed"
    )


def bookmarks_of(message: Line) -> tuple[str, ...]:
    """Return the columns of the bookmark that a SCHEMA message names."""
    listed = message.bookmark_properties
    listed = [listed] if isinstance(listed, str) else listed
    if not isinstance(listed, list):
        return ()
    return tuple(column for column in listed if isinstance(column, str))


def moving_bookmark(
    stream: str, rule: Rule, mapping: RuleMapping, message: Line, keys: Iterable[str]
) -> str | None:
    """Return a warning where the bookmark alone makes a touched row a new event.

    Args:
        stream: Its name, after stream maps.
        rule: Its rule.
        mapping: By the rule.
        message: Its SCHEMA message.
        keys: The columns that name a record in the ledger.
    """
    bookmarks = bookmarks_of(message)
    if not rule.is_event or not bookmarks:
        return None
    if rule.time is None and tells_of_change(bookmarks[0]):
        return (
            f"stream {shown(stream)}: {shown(bookmarks[0])} is its bookmark and its events have no "
            "time, so a row that is touched is sent as an event once more; name the column with "
            f"the time of the event under {path(stream)}.time"
        )
    if rule.time is not None and rule.time in bookmarks and tells_of_change(rule.time):
        return (
            f"stream {shown(stream)}: {shown(rule.time)} is its bookmark and the time of its "
            "events, so a row that is touched is sent as an event once more; name a column that "
            f"stays as it is under {path(stream)}.time"
        )
    moving = [
        column
        for column in bookmarks
        if column not in rule.columns.union(keys) and mapping.names(column)
    ]
    if not moving:
        return None
    return (
        f"stream {shown(stream)}: {shown(moving[0])} is its bookmark and becomes a property, so a "
        f"row that is touched is sent as an event once more; set {path(stream)}.others: drop, or "
        f"name {shown(moving[0])} under its properties if that is meant"
    )
