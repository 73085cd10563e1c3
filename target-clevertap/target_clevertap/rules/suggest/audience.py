"""A rule for an audience: a table of user keys, perhaps with the name of a list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_clevertap.rules.suggest.event import event_name
from target_clevertap.rules.suggest.profile import suggest_profile
from target_clevertap.rules.suggest.suggestion import literal
from target_clevertap.rules.suggest.table_kind import HAPPENING, is_known
from target_clevertap.rules.suggest.words import IDS, TRANSACTIONS, vocabulary
from target_clevertap.rules.suggest.yaml_text import key_in_yaml, map_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_clevertap.rules.suggest.columns import Column
    from target_clevertap.rules.suggest.suggestion import Suggestion, Table


AUDIENCE_WORDS = vocabulary("audience segment cohort list group campaign label tag name")
AUDIENCE_COLUMNS = 3
"""A table with as many columns is more than an audience."""


def audience_lists(table: Table, users: Sequence[Column]) -> list[Column] | None:
    """Return the columns with the name of a list; None where the table is not an audience."""
    rest = [column for column in table.columns if column is not users[0]]
    if rest and (len(rest) >= AUDIENCE_COLUMNS or table.noun in TRANSACTIONS | HAPPENING):
        return None
    are_lists = all(column.last in AUDIENCE_WORDS and column.is_text for column in rest)
    is_one = len(rest) <= 1 and not any(column.joined == "name" for column in rest)
    return rest if are_lists and is_one else None


def suggest_audience(table: Table, users: Sequence[Column], lists: Sequence[Column]) -> Suggestion:
    """Return a rule that adds the name of the list to a property of its users."""
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


def audience_of_ids(table: Table) -> Suggestion | None:
    """Return a rule for a table with a single column of ids; None for another table."""
    able = [column for column in table.columns if column.kind in {"text", "number", "any"}]
    if len(table.columns) != 1 or not able or able[0].last not in IDS or len(able[0].words) > 1:
        return None
    return suggest_audience(table, able, []) if not is_known(table.noun) else None
