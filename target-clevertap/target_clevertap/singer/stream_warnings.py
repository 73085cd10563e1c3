"""Warnings and notes on a stream, logged before its first record is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_clevertap._plugin.shown import shown, visible
from target_clevertap.records.mapping import RuleMapping
from target_clevertap.rules.checks import sent_names
from target_clevertap.rules.faults import rule_path
from target_clevertap.rules.reading import changes_with_row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from target_clevertap.records.mapping import Mapped
    from target_clevertap.rules.rule import Rule
    from target_clevertap.singer.branch_schema import BranchSchema
    from target_clevertap.singer.columns import Columns
    from target_clevertap.singer.lines import Line

COLUMNS_NAMED = 5

AGAIN = {
    "subscription": "sets every status again, also where its user has chosen otherwise since",
    "disassociate": "takes every number from its user again, also from a new owner",
}
"""By the type of a rule, what a table does that is sent on every run."""

FILE_TIMES = frozenset(("_sdc_last_modified", "_sdc_modified_at", "_sdc_source_file_mtime"))
"""The bookmarks of taps that read files: when the file of a row was written."""


def warnings(
    schema: BranchSchema, mapping: Callable[[dict[str, Any]], Mapped], *, has_ledger: bool
) -> Iterator[str]:
    """Yield what may be wrong with a branch.

    Args:
        schema: Of the branch.
        mapping: For its records.
        has_ledger: Whether there is a ledger.
    """
    yield from _unsure_columns(schema.name, schema.rule, schema.columns)
    if schema.rule is not None and isinstance(mapping, RuleMapping):
        yield from _odd_names(schema.name, schema.rule, mapping, schema.columns)
        if has_ledger:
            yield from _moving_bookmark(schema, schema.rule, mapping)
    if schema.rule is not None:
        yield from _overridden_choices(schema, schema.rule)
    if has_ledger and schema.counts_again:
        yield from _unlisted_key(schema)


def notes(schema: BranchSchema) -> Iterator[str]:
    """Yield what is good to know of a branch: that every run may send all its profiles."""
    kind = "profile" if schema.rule is None else schema.rule.type
    if schema.counts_again or schema.message.bookmark_properties or kind in AGAIN:
        return
    if schema.rule is not None and schema.rule.changes_only:
        return
    less = "" if kind == "token" else "`changes_only`, or "
    yield (
        f"stream {shown(schema.name)} has no bookmark: if its tap reads the whole table on every "
        f"run, all its {kind}s are sent again on every run; that does no harm, and {less}"
        "incremental or log-based replication sends only the changes"
    )


def _overridden_choices(schema: BranchSchema, rule: Rule) -> Iterator[str]:
    if rule.type in AGAIN and not schema.message.bookmark_properties:
        yield (
            f"stream {shown(schema.name)} has no bookmark: if its tap reads the whole table, every "
            f"run {AGAIN[rule.type]}; use incremental or log-based replication"
        )


def bookmarks_of(message: Line) -> tuple[str, ...]:
    """Return the columns in the `bookmark_properties` of a SCHEMA message."""
    listed = message.bookmark_properties
    listed = [listed] if isinstance(listed, str) else listed
    if not isinstance(listed, list):
        return ()
    return tuple(column for column in listed if isinstance(column, str))


def bookmarks_of_rows(message: Line, rule: Rule | None) -> tuple[str, ...]:
    """Return the columns of a bookmark that distinguish a new row from one that is sent again.

    The time of a file does not: once one cell is corrected, it is another one for all rows.
    An address is set by its last row, so there a file that is saved again says it again.
    """
    if rule is not None and rule.type in AGAIN:
        return bookmarks_of(message)
    return tuple(column for column in bookmarks_of(message) if column not in FILE_TIMES)


def _unsure_columns(stream: str, rule: Rule | None, columns: Columns) -> Iterator[str]:
    if rule is not None and columns.is_partial and not rule.columns <= columns.listed.keys():
        # the same text for each SCHEMA while a tap discovers columns: it is logged once
        named = ", ".join(shown(name) for name in sorted(rule.columns))
        yield (
            f"stream {shown(stream)}: its SCHEMA does not list all columns, so these columns of "
            f"its rule are not checked: {named}"
        )
    if columns.faults:
        name, fault = next(iter(columns.faults.items()))
        more = f" and {len(columns.faults) - 1} more columns" if len(columns.faults) > 1 else ""
        yield (
            f"stream {shown(stream)}: the SCHEMA of column {shown(name)}{more} cannot be used "
            f"({fault}); values of any type are sent"
        )


def _odd_names(stream: str, rule: Rule, mapping: RuleMapping, columns: Columns) -> Iterator[str]:
    names = [name for _, name in sent_names(rule, mapping, columns)]
    odd = [name for name in names if visible(name) != name or name != name.strip()]
    if odd:
        named = ", ".join(map(shown, odd[:COLUMNS_NAMED]))
        more = f" and {len(odd) - COLUMNS_NAMED} more" if len(odd) > COLUMNS_NAMED else ""
        yield (
            f"stream {shown(stream)}: the names {named}{more} have invisible characters, or "
            "spaces at the start or end, and are sent like that; rename them under "
            f"{rule_path(stream)}.properties"
        )


def _unlisted_key(schema: BranchSchema) -> Iterator[str]:
    """Warn where records may lack a column of their key in the ledger."""
    unlisted = [key for key in schema.keys if key not in schema.columns.listed]
    if unlisted and schema.columns.listed:
        yield (
            f"stream {shown(schema.name)}: {', '.join(map(shown, unlisted))} of its key is not in "
            "its SCHEMA, and the run ends at a record without it; if there are such records, name "
            f"the columns that identify a record under {rule_path(schema.name)}.ledger_key"
        )


def _moving_bookmark(schema: BranchSchema, rule: Rule, mapping: RuleMapping) -> Iterator[str]:
    """Warn where the bookmark alone turns an updated row into a new event."""
    bookmarks = bookmarks_of_rows(schema.message, rule)
    if not rule.is_event or not bookmarks:
        return
    stream, path = shown(schema.name), rule_path(schema.name)
    named = rule.columns.union(schema.keys)
    moving = [each for each in bookmarks if each not in named and mapping.names(each)]
    if rule.time is None and changes_with_row(bookmarks[0]):
        yield (
            f"stream {stream}: {shown(bookmarks[0])} is its bookmark and its events have no "
            "time, so an updated row is sent as a new event; name the column with the time of the "
            f"event under {path}.time"
        )
    elif rule.time is not None and rule.time in bookmarks and changes_with_row(rule.time):
        yield (
            f"stream {stream}: {shown(rule.time)} is its bookmark and the time of its "
            "events, so an updated row is sent as a new event; name a column that does not change "
            f"under {path}.time"
        )
    elif moving:
        yield (
            f"stream {stream}: {shown(moving[0])} is its bookmark and becomes a property, so an "
            f"updated row is sent as a new event; set {path}.others: drop, or name "
            f"{shown(moving[0])} under {path}.properties to keep it that way"
        )
