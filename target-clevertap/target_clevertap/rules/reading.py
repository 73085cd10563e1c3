"""Reads a rule, and finds the faults that need no columns to be seen."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Any

from target_clevertap._plugin.shown import shown
from target_clevertap.records.names import is_never_sent
from target_clevertap.rules.faults import Fault
from target_clevertap.rules.kinds import ONLY_USER_KEYS, kind_faults
from target_clevertap.rules.presets import NAMES, merged, preset, unknown_preset
from target_clevertap.rules.rule import (
    ADDRESS_TYPES,
    IDENTITY_TYPES,
    KINDS,
    OPERATORS,
    STATUSES,
    TOKEN_TYPES,
    Rule,
)
from target_clevertap.rules.shape import Shape
from target_clevertap.rules.shape_reading import (
    COLUMNS,
    NAME,
    PROPERTIES,
    SHAPE_KEYS,
    first_column,
    has_shape,
    read_shape,
)
from target_clevertap.rules.similar_names import similar_name, similar_or_listed

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping

RULE_KEYS: dict[str, Any] = {
    "type": {"type": "string", "enum": list(KINDS)},
    "event": NAME,
    "event_field": COLUMNS,
    "identity": COLUMNS,
    "identity_type": {"type": "string", "enum": [*IDENTITY_TYPES, *ADDRESS_TYPES]},
    "time": COLUMNS,
    "properties": PROPERTIES,
    "others": {"type": "string", "enum": ["keep", "drop"]},
    "operations": {
        "type": "object",
        "additionalProperties": {"type": "string", "enum": list(OPERATORS)},
    },
    "repeat": {"type": "string", "enum": ["deny", "allow"]},
    "equal_rows": {"type": "string", "enum": ["resent", "new"]},
    "ledger_key": {"type": "array", "items": NAME, "minItems": 1},
    "nulls": {"type": "string", "enum": ["omit", "delete"]},
    "only_if": NAME,
    "invalid": {"type": "string", "enum": ["reject", "fix", "send"]},
    "changes_only": {"type": "boolean"},
    "token": NAME,
    "token_type": {"type": "string", "enum": list(TOKEN_TYPES)},
    "token_type_field": NAME,
    "token_keys": {
        "type": "object",
        "properties": {"p256dh": NAME, "auth": NAME},
        "additionalProperties": False,
    },
    "status": {"type": "string", "enum": list(STATUSES)},
    "status_field": NAME,
    "on_deleted": {"type": "string", "enum": ["ignore", "delete"]},
    **SHAPE_KEYS,
}
RULE_SCHEMA: dict[str, Any] = {
    "type": "object",
    "if": {"not": {"anyOf": [{"required": ["preset"]}, {"required": ["kinds"]}]}},
    "then": {
        "required": ["type"],
        "if": {"not": {"required": ["anonymous"]}},
        "then": {"required": ["identity"]},
    },
    "properties": {
        **RULE_KEYS,
        "kinds": {
            "type": "object",
            "additionalProperties": {"type": "object", "properties": RULE_KEYS},
        },
    },
}

OBJECT_KEYS = frozenset(
    key for key, schema in RULE_SCHEMA["properties"].items() if schema.get("type") == "object"
)
"""The keys of a rule whose values are objects."""

USUAL_KEYS = RULE_SCHEMA["properties"].keys() - {*SHAPE_KEYS, "kinds"}
"""The keys of a rule that are fields of it, not of its shape."""

OF_ALL_KINDS = frozenset(("kinds", "kind", "kind_field", "preset"))
"""The keys that no kind has for itself."""

CHANGE_WORDS = ("updat", "modif", "chang", "touch", "sync")
"""Parts of the names of columns that change whenever their row changes."""


def read_rule(settings: Mapping[str, Any]) -> tuple[Rule, list[Fault]]:
    """Return a rule, and what is wrong with it whatever the columns of its stream are.

    Args:
        settings: One entry of the setting `streams`, of the form of RULE_SCHEMA.
    """
    name = settings.get("preset")
    if name is not None and name not in NAMES:
        return Rule("profile", ""), [Fault(unknown_preset(name), "preset")]
    below = {} if name is None else preset(name)
    if "kinds" in below or "kinds" in settings:
        return _rule_of_kinds(below, settings, name)
    return _rule_of_one_kind(merged(below, settings), settings, name)


def _rule_of_one_kind(
    settings: Mapping[str, Any],
    own: Mapping[str, Any],
    preset_name: str | None,
    *,
    is_among_others: bool = False,
) -> tuple[Rule, list[Fault]]:
    """Return a rule without kinds, and what is wrong with it.

    Args:
        settings: All of its keys, those of its preset among them.
        own: Those that the user wrote.
        preset_name: The name of its preset.
        is_among_others: Whether the stream has other kinds too.
    """
    known = RULE_SCHEMA["properties"]
    faults = [_unknown(key, known) for key in settings if key not in known]
    faults += [Fault("it is missing; set it", key) for key in _missing(settings)]
    usable = {key: value for key, value in settings.items() if key in USUAL_KEYS}
    only = ONLY_USER_KEYS.get(str(settings.get("type")), "identity")
    usable = {"type": "profile", "identity": "", "identity_type": only, **usable}
    if is_among_others or has_shape(settings):
        shape = read_shape(settings, own, preset_name)
        usable |= {key: first_column(settings.get(key)) for key in ("event_field", "time")}
        usable["identity"] = first_column(settings.get("identity")) or ""
        usable |= {"shape": shape, "properties": {}}
    rule = Rule(**{**usable, "ledger_key": tuple(settings.get("ledger_key", ()))})
    return rule, [*faults, *kind_faults(rule, settings), *_faults(rule)]


def _rule_of_kinds(
    below: Mapping[str, Any], own: Mapping[str, Any], preset_name: str | None
) -> tuple[Rule, list[Fault]]:
    """Return a rule with kinds, and what is wrong with it.

    Args:
        below: The keys of its preset.
        own: Those that the user wrote.
        preset_name: The name of its preset.
    """
    shared_below, shared = _without(below, OF_ALL_KINDS), _without(own, OF_ALL_KINDS)
    kinds_below, kinds_own = below.get("kinds", {}), own.get("kinds", {})
    rules: dict[str, Rule] = {}
    by_kind: dict[str, list[Fault]] = {}
    for name in dict.fromkeys((*kinds_below, *kinds_own)):
        mine = merged(shared, kinds_own.get(name, {}))
        whole = merged(merged(shared_below, kinds_below.get(name, {})), mine)
        # kinds serve many tables: not all of these have all columns
        own_keys = shared if preset_name else _without(shared, {"ledger_key"})
        rules[name.lower()], by_kind[name] = _rule_of_one_kind(
            whole, own_keys, preset_name, is_among_others=True
        )
    faults = [
        each for each in chain(*by_kind.values()) if all(each in of for of in by_kind.values())
    ]
    for name, found in by_kind.items():
        of_kind = [each for each in found if each not in faults]
        if name in kinds_own:
            faults += [Fault(text, f"kinds.{name}.{key}".rstrip(".")) for text, key in of_kind]
        rule = rules[name.lower()]
        shape = replace(rule.shape or Shape(), faults=tuple(of_kind))
        rules[name.lower()] = replace(rule, shape=shape)
    faults = [*dict.fromkeys(faults)]
    kind = own.get("kind")
    if kind is not None and kind.lower() not in rules:
        faults.append(Fault(f"{shown(kind)} is not one; {similar_or_listed(kind, rules)}", "kind"))
    field = own.get("kind_field", below.get("kind_field"))
    shape = Shape(kind_field=field, kinds=rules, kind=kind and kind.lower(), preset=preset_name)
    first = next(iter(rules.values()), Rule("profile", ""))
    has_events = any(each.is_event for each in rules.values())
    return replace(first, type="event" if has_events else "profile", shape=shape), faults


def _without(settings: Mapping[str, Any], keys: Container[str]) -> dict[str, Any]:
    return {key: value for key, value in settings.items() if key not in keys}


def _missing(settings: Mapping[str, Any]) -> Iterator[str]:
    if "type" not in settings:
        yield "type"
    if "identity" not in settings and "anonymous" not in settings:
        yield "identity"


def _unknown(key: str, known: Iterable[str]) -> Fault:
    similar = similar_name(key, known)
    advice = f"did you mean {similar}?" if similar else f"known are {', '.join(known)}"
    return Fault(f"{shown(key)} is not a key of a rule; {advice}")


def _faults(rule: Rule) -> Iterator[Fault]:
    has_format = rule.shape is not None and rule.shape.event_format is not None
    has_one = (rule.event is None) != (rule.event_field is None)
    if rule.is_event and not (has_one or (has_format and rule.event_field)):
        yield Fault(
            "an event needs either `event` (a name) or `event_field` (a column); set one of them"
        )
    if rule.type == "profile" and (rule.event or rule.event_field):
        yield Fault("a profile has no event name; remove `event` and `event_field`")
    if rule.shape is not None and rule.is_call_or_token:
        text = "only events and profiles may list several columns for a key; name one"
        yield Fault(text)
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
