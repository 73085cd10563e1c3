"""Reads a rule, and finds the faults that need no columns to be seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_clevertap._plugin.shown import shown
from target_clevertap.records.names import is_never_sent
from target_clevertap.rules.faults import Fault
from target_clevertap.rules.kinds import ONLY_USER_KEYS, kind_faults
from target_clevertap.rules.rule import (
    ADDRESS_TYPES,
    IDENTITY_TYPES,
    KINDS,
    OPERATORS,
    STATUSES,
    TOKEN_TYPES,
    Rule,
)
from target_clevertap.rules.similar_names import similar_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

COLUMN = {"type": "string", "minLength": 1}
RULE_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["type", "identity"],
    "properties": {
        "type": {"type": "string", "enum": list(KINDS)},
        "event": COLUMN,
        "event_field": COLUMN,
        "identity": COLUMN,
        "identity_type": {"type": "string", "enum": [*IDENTITY_TYPES, *ADDRESS_TYPES]},
        "time": COLUMN,
        "properties": {"type": "object", "additionalProperties": COLUMN},
        "others": {"type": "string", "enum": ["keep", "drop"]},
        "operations": {
            "type": "object",
            "additionalProperties": {"type": "string", "enum": list(OPERATORS)},
        },
        "repeat": {"type": "string", "enum": ["deny", "allow"]},
        "equal_rows": {"type": "string", "enum": ["resent", "new"]},
        "ledger_key": {"type": "array", "items": COLUMN, "minItems": 1},
        "nulls": {"type": "string", "enum": ["omit", "delete"]},
        "only_if": COLUMN,
        "invalid": {"type": "string", "enum": ["reject", "fix", "send"]},
        "changes_only": {"type": "boolean"},
        "token": COLUMN,
        "token_type": {"type": "string", "enum": list(TOKEN_TYPES)},
        "token_type_field": COLUMN,
        "token_keys": {
            "type": "object",
            "properties": {"p256dh": COLUMN, "auth": COLUMN},
            "additionalProperties": False,
        },
        "status": {"type": "string", "enum": list(STATUSES)},
        "status_field": COLUMN,
        "on_deleted": {"type": "string", "enum": ["ignore", "delete"]},
    },
}

OBJECT_KEYS = frozenset(
    key for key, schema in RULE_SCHEMA["properties"].items() if schema.get("type") == "object"
)
"""The keys of a rule whose values are objects."""

CHANGE_WORDS = ("updat", "modif", "chang", "touch", "sync")
"""Parts of the names of columns that change whenever their row changes."""


def read_rule(settings: Mapping[str, Any]) -> tuple[Rule, list[Fault]]:
    """Return a rule, and what is wrong with it whatever the columns of its stream are.

    Args:
        settings: One entry of the setting `streams`, of the form of RULE_SCHEMA.
    """
    known = RULE_SCHEMA["properties"]
    faults = [_unknown(key, known) for key in settings if key not in known]
    usable = {key: value for key, value in settings.items() if key in known}
    ledger_key = tuple(settings.get("ledger_key", ()))
    only = ONLY_USER_KEYS.get(str(settings.get("type")), "identity")
    rule = Rule(**{"identity_type": only, **usable, "ledger_key": ledger_key})
    return rule, [*faults, *kind_faults(rule, usable), *_faults(rule)]


def _unknown(key: str, known: Iterable[str]) -> Fault:
    similar = similar_name(key, known)
    advice = f"did you mean {similar}?" if similar else f"known are {', '.join(known)}"
    return Fault(f"{shown(key)} is not a key of a rule; {advice}")


def _faults(rule: Rule) -> Iterator[Fault]:
    if rule.is_event and (rule.event is None) == (rule.event_field is None):
        yield Fault(
            "an event needs either `event` (a name) or `event_field` (a column); set one of them"
        )
    if rule.type == "profile" and (rule.event or rule.event_field):
        yield Fault("a profile has no event name; remove `event` and `event_field`")
    for name, column in rule.properties.items():
        if is_never_sent(column):
            text = (
                f"{shown(name)} names {shown(column)}, a loader's column (_sdc_), which is "
                "never sent; remove it, or copy the column to another name with a stream map"
            )
            yield Fault(text, "properties")
    if rule.is_event and rule.operations:
        yield Fault("`operations` change profiles, not events; remove them")
    if rule.is_event and rule.nulls == "delete":
        text = "`delete` removes properties of profiles, not of events; remove it"
        yield Fault(text, "nulls")
    if rule.changes_only and rule.is_event:
        yield Fault("only profiles are compared, each event is sent; remove it", "changes_only")
    elif rule.changes_only and rule.counts_again:
        text = (
            "`$incr` and `$decr` count again in each row, so an equal row is a change; remove one "
            "or the other"
        )
        yield Fault(text, "changes_only")


def changes_with_row(column: str) -> bool:
    """Whether a column, by its name, changes whenever its row changes."""
    return any(word in column.lower() for word in CHANGE_WORDS)
