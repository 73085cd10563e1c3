"""What is offered for a stream without a rule: a rule to paste, or what is missing in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_clevertap._plugin.shown import shown
from target_clevertap.rules.suggest.charged import amount_of, currency_of
from target_clevertap.rules.suggest.columns import LOADERS, Column, read_table
from target_clevertap.rules.suggest.event import event_name, suggest_event
from target_clevertap.rules.suggest.mongodb import is_envelope, suggest_from_document
from target_clevertap.rules.suggest.profile import is_personal, suggest_profile
from target_clevertap.rules.suggest.roles import time_columns, user_columns
from target_clevertap.rules.suggest.suggestion import Suggestion, Table, listed, literal
from target_clevertap.rules.suggest.words import (
    ACTIVITIES,
    IDS,
    LINES,
    PEOPLE,
    REVERSALS,
    TRANSACTIONS,
    TRANSACTIONS_WITH_AMOUNT,
    singular,
    table_words,
    vocabulary,
)
from target_clevertap.rules.suggest.yaml_text import key_in_yaml, map_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

AUDIENCE_WORDS = vocabulary("audience segment cohort list group campaign label tag name")
AUDIENCE_COLUMNS = 3
HAPPENING = ACTIVITIES | REVERSALS | LINES


def table_of(
    stream: str,
    listed_columns: Mapping[str, Mapping[str, Any]],
    keys: Sequence[str],
    bookmarks: Sequence[str],
    *,
    has_ledger: bool,
) -> Table:
    """Return a stream without a rule.

    Args:
        stream: Its name.
        listed_columns: Its columns' resolved schemas by name.
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


def suggest(table: Table) -> Suggestion | None:
    """Return a rule for a stream, or None where none of its columns names a user."""
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
    return _audience_of_ids(table) or _reach_into_objects(table)


def _suggest_for(table: Table, users: Sequence[Column]) -> Suggestion:
    audience = _audience_lists(table, users)
    if audience is not None:
        return _suggest_audience(table, users, audience)
    kind = _kind(table, users)
    if kind == "profile":
        suggestion = suggest_profile(table, users)
    else:
        suggestion = suggest_event(table, users, charged=kind == "charged")
    _remark_the_other_reading(suggestion, table, users, kind)
    return suggestion


def _kind(table: Table, users: Sequence[Column]) -> str:
    """Return what a table's rows are: `profile`, `charged` or `event`."""
    noun, paid = table.noun, amount_of(table.columns) is not None
    if noun in PEOPLE:
        return "profile"
    if noun in TRANSACTIONS or (noun in TRANSACTIONS_WITH_AMOUNT and paid):
        return "charged"
    if _is_known(noun):
        return "event"
    return _kind_by_columns(table, users, paid=paid)


def _kind_by_columns(table: Table, users: Sequence[Column], *, paid: bool) -> str:
    is_of_user = list(table.keys) == [users[0].name]
    if is_of_user or _is_about_people(table) or (is_personal(table.columns) and not paid):
        return "profile"
    deeds = [column for column in table.columns if _refers_to(column, TRANSACTIONS)]
    if paid and (deeds or currency_of(table.columns) is not None):
        return "charged"
    return "event" if time_columns(table.columns, table.noun) else "profile"


def _is_about_people(table: Table) -> bool:
    """Tell whether a table is like `user_settings` or `customer_addresses`, or of accounts."""
    before = {singular(word) for word in table_words(table.stream)[:-1]}
    return table.noun == "account" or bool(before & PEOPLE)


def _is_known(noun: str) -> bool:
    return noun in PEOPLE | TRANSACTIONS | TRANSACTIONS_WITH_AMOUNT | HAPPENING


def _remark_the_other_reading(
    suggestion: Suggestion, table: Table, users: Sequence[Column], kind: str
) -> None:
    if _is_known(table.noun):
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


def _audience_lists(table: Table, users: Sequence[Column]) -> list[Column] | None:
    """Return the columns that name a list of users; None where the table is not an audience."""
    rest = [column for column in table.columns if column is not users[0]]
    if rest and (len(rest) >= AUDIENCE_COLUMNS or table.noun in TRANSACTIONS | HAPPENING):
        return None
    are_lists = all(column.last in AUDIENCE_WORDS and column.is_text for column in rest)
    is_one = len(rest) <= 1 and not any(column.joined == "name" for column in rest)
    return rest if are_lists and is_one else None


def _suggest_audience(table: Table, users: Sequence[Column], lists: Sequence[Column]) -> Suggestion:
    suggestion = suggest_profile(table, users)
    if not lists:
        name = event_name(table.stream)
        text = "a profile of nothing but its key changes little; a stream map gives all of them a"
        key, value = key_in_yaml(map_name(table.stream)), key_in_yaml(literal(name))
        suggestion.remark("", f"{text} property: stream_maps: {{{key}: {{Audience: {value}}}}}")
        return suggestion
    if list(table.keys) != [users[0].name]:
        properties = suggestion.rule.get("properties", {})
        column = lists[0].name
        name = next((name for name, source in properties.items() if source == column), column)
        suggestion.rule["operations"] = {name: "$add"}
        suggestion.remark("operations", "a user may be in several lists: each row adds one")
    return suggestion


def _audience_of_ids(table: Table) -> Suggestion | None:
    able = [column for column in table.columns if column.kind in {"text", "number", "any"}]
    if len(table.columns) != 1 or not able or able[0].last not in IDS or len(able[0].words) > 1:
        return None
    return _suggest_audience(table, able, []) if not _is_known(table.noun) else None


def _reach_into_objects(table: Table) -> Suggestion | None:
    """Return a rule with a stream map that takes the user key out of an object."""
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


def why_no_rule(table: Table) -> str:
    """Return what to do for a stream in which no column names a user."""
    if not table.columns:
        return "its SCHEMA lists no columns, so none can be offered; write one for columns you know"
    objects = [column.name for column in table.columns if "object" in column.types]
    key = key_in_yaml(map_name(table.stream))
    out = f"leave it out of the tap's selection, or by stream_maps: {{{key}: __NULL__}}"
    if objects and table.noun not in LINES:
        text = (
            f"no column of text or number names a user; if one is within {listed(objects, ' or ')}"
        )
        return f"{text}, take it out by a stream map; else {out}"
    deeds = TRANSACTIONS | TRANSACTIONS_WITH_AMOUNT | ACTIVITIES | REVERSALS
    refers = [column.name for column in table.columns if _refers_to(column, deeds)]
    join = listed(refers or table.keys, " or ")
    both = f"both {join} and the user's id" if join else "the user's id"
    return (
        f"there is no user in it, so no rule can be offered; join it with a table that has {both}, "
        f"in a view or in the tap's query, or {out}"
    )


def _refers_to(column: Column, nouns: frozenset[str]) -> bool:
    return len(column.words) > 1 and column.last in IDS and column.words[-2] in nouns
