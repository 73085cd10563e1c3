"""A rule for a stream that has none, guessed from its columns. Start here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_clevertap._plugin.shown import shown
from target_clevertap.rules.suggest.audience import (
    audience_lists,
    audience_of_ids,
    suggest_audience,
)
from target_clevertap.rules.suggest.columns import Column
from target_clevertap.rules.suggest.event import event_name, suggest_event
from target_clevertap.rules.suggest.mongodb import is_envelope, suggest_from_document
from target_clevertap.rules.suggest.profile import suggest_profile
from target_clevertap.rules.suggest.suggestion import Suggestion, Table, literal
from target_clevertap.rules.suggest.table_kind import is_known, kind_of_table
from target_clevertap.rules.suggest.time_columns import time_columns
from target_clevertap.rules.suggest.user_columns import user_columns

if TYPE_CHECKING:
    from collections.abc import Sequence


def suggest(table: Table) -> Suggestion | None:
    """Return a rule for a stream; None where no column holds a user key."""
    suggestion = _suggestion(table)
    if suggestion is None or not suggestion.maps:
        return suggestion
    if not {column.name for column in table.columns}.issuperset(table.keys):
        # stream maps want each column of the key in the SCHEMA
        keys = suggestion.rule.get("ledger_key", [suggestion.rule["identity"]])
        suggestion.maps = {"__key_properties__": keys, **suggestion.maps}
    return suggestion


def _suggestion(table: Table) -> Suggestion | None:
    if is_envelope(table):
        return suggest_from_document(table)
    users = table.users()
    if users:
        return _suggest_for(table, users)
    return audience_of_ids(table) or _suggest_with_nested_user(table)


def _suggest_for(table: Table, users: Sequence[Column]) -> Suggestion:
    audience = audience_lists(table, users)
    if audience is not None:
        return suggest_audience(table, users, audience)
    kind = kind_of_table(table, users)
    if kind == "profile":
        suggestion = suggest_profile(table, users)
    else:
        suggestion = suggest_event(table, users, charged=kind == "charged")
    _remark_other_kind(suggestion, table, users, kind)
    return suggestion


def _remark_other_kind(
    suggestion: Suggestion, table: Table, users: Sequence[Column], kind: str
) -> None:
    if is_known(table.noun):
        return
    if kind != "profile":
        text = (
            "if each row is a user and not something that happened: type: profile, without event,"
        )
        suggestion.remark("", f"{text} time and ledger_key")
        return
    rest = [column for column in table.columns if column is not users[0]]
    times = time_columns(rest, table.noun)
    if times:
        name = event_name(table.stream)
        text = f"if each row is something that happened: type: event, event: {name},"
        suggestion.remark("", f"{text} time: {shown(times[0].name)}, others: drop")


def _suggest_with_nested_user(table: Table) -> Suggestion | None:
    """Return a rule with a stream map that extracts the user key from an object."""
    for column in table.columns:
        if column.kind != "nested" or "object" not in column.types:
            continue
        probe = [Column(f"{column.name}_{each.name}", each.schema) for each in column.inner()]
        found = user_columns(probe, table.noun, table.keys)
        if not found:
            continue
        inner = found[0].name.removeprefix(f"{column.name}_")
        key = found[0].name.replace(".", "_")
        added = Column(key, found[0].schema)
        rest = [each for each in table.columns if each is not column]
        wider = Table(
            table.stream, [*rest, added], table.keys, table.bookmarks, has_ledger=table.has_ledger
        )
        suggestion = _suggest_for(wider, [added])
        outer, field = literal(column.name), literal(inner)
        suggestion.maps[key] = f"(record.get({outer}) or {{}}).get({field})"
        suggestion.remark(
            "stream_maps", f"{shown(key)}: taken out of the object {shown(column.name)}"
        )
        return suggestion
    return None
