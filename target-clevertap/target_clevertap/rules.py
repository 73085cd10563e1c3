"""Rules: how a stream's records become CleverTap records."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from target_clevertap.errors import SettingError
from target_clevertap.rule import IDENTITY_TYPES, OPERATORS, Rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

COLUMN = {"type": "string", "minLength": 1}
RULE_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["type", "identity"],
    "properties": {
        "type": {"type": "string", "enum": ["event", "profile"]},
        "event": COLUMN,
        "event_field": COLUMN,
        "identity": COLUMN,
        "identity_type": {"type": "string", "enum": list(IDENTITY_TYPES)},
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
    },
}

OBJECT_KEYS = frozenset(
    key for key, schema in RULE_SCHEMA["properties"].items() if schema.get("type") == "object"
)
"""The keys of a rule that hold objects."""

CHANGE_WORDS = ("updat", "modif", "chang", "touch", "sync")
"""In names of columns that move with every change of a row: no times of events."""


def read_rules(settings: Mapping[str, Any]) -> dict[str, Rule]:
    """Return the rules of the setting `streams`.

    Args:
        settings: From stream name to a rule, as configured.

    Raises:
        SettingError: For a rule that cannot work, naming its stream and key.
    """
    return {stream: _read_rule(stream, rule) for stream, rule in settings.items()}


def _read_rule(stream: str, settings: Mapping[str, Any]) -> Rule:
    for key in settings:
        if key not in RULE_SCHEMA["properties"]:
            raise SettingError(_unknown(stream, key, RULE_SCHEMA["properties"]))
    rule = Rule(**{**settings, "ledger_key": tuple(settings.get("ledger_key", ()))})
    if rule.is_event and (rule.event is None) == (rule.event_field is None):
        message = f"streams.{stream}: an event needs either `event` (a name) or `event_field`"
        raise SettingError(message)
    if not rule.is_event and (rule.event or rule.event_field):
        message = f"streams.{stream}: a profile has no event name; remove `event` and `event_field`"
        raise SettingError(message)
    if any(column.startswith("_sdc_") for column in rule.properties.values()):
        message = f"streams.{stream}.properties: a column of a loader (_sdc_) is never sent"
        raise SettingError(message)
    if rule.is_event and rule.operations:
        message = f"streams.{stream}: `operations` change profiles; an event has none"
        raise SettingError(message)
    return rule


def _unknown(stream: str, key: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(key, known, n=1)
    advice = f"; did you mean `{near[0]}`?" if near else f"; known are {', '.join(known)}"
    return f"streams.{stream}: `{key}` is not a key of a rule{advice}"


def check_columns(stream: str, rule: Rule, columns: Iterable[str]) -> None:
    """Check that the columns of a rule are in the stream.

    Raises:
        SettingError: Naming the first column that is missing and the nearest there is.
    """
    present = list(columns)
    for column in sorted(rule.columns.difference(present)):
        near = difflib.get_close_matches(column, present, n=1)
        advice = f"did you mean `{near[0]}`?" if near else f"it has {', '.join(present)}"
        message = f"streams.{stream}: the stream has no column `{column}`; {advice}"
        raise SettingError(message)
    _check_names(stream, rule, present)
    known = {*present, *rule.properties}
    for name in sorted(set(rule.operations).difference(known)):
        message = f"streams.{stream}.operations: `{name}` is neither a column nor a property"
        raise SettingError(message)


def _check_names(stream: str, rule: Rule, columns: Iterable[str]) -> None:
    if rule.others == "drop":
        return
    not_kept = {rule.identity, rule.time, rule.event_field, *rule.properties.values()}
    for column in sorted(rule.properties.keys() & set(columns) - not_kept):
        message = (
            f"streams.{stream}: `{column}` is a column and, under `properties`, the name of "
            f"another ({rule.properties[column]}); give one of them another name there, or leave "
            "out the columns that are not named (others: drop)"
        )
        raise SettingError(message)


def tells_of_change(column: str) -> bool:
    """Whether a column's name says that it moves with every change of its row."""
    return any(word in column.lower() for word in CHANGE_WORDS)
