"""A stream as the target takes it: its stream maps, its rule and its place in the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from singer_sdk.mapper import RemoveRecordTransform, SameRecordTransform

from target_clevertap.checks import RESTRICTED_EVENT, faulty_names, is_reserved
from target_clevertap.errors import InputError, SettingError
from target_clevertap.mapping import RuleMapping
from target_clevertap.recipes import Plan, Recipe, mapping_of
from target_clevertap.rejects import Origin
from target_clevertap.rule import NUMBER_OPERATORS
from target_clevertap.rules import check_columns, guess_rule, tells_of_change
from target_clevertap.tap_streams import is_tap_events

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from singer_sdk.mapper import StreamMap

    from target_clevertap.mapping import Mapped
    from target_clevertap.rule import Rule


@dataclass(frozen=True, slots=True)
class Branch:
    """One of the ways a stream's records take, by one stream map and one rule."""

    transform: Callable[[dict[str, Any]], dict[str, Any] | None]
    recipe: Recipe
    origin: Origin
    is_plain: bool = False
    """Whether no stream map changes its records."""

    warning: str | None = None
    """What its user should know before the first record is sent."""


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream under one SCHEMA."""

    origin: Origin
    schema: tuple[Any, Any, Any]
    """What a SCHEMA line says besides the name: equal ones change nothing."""

    branches: Sequence[Branch]

    @property
    def plan(self) -> Plan | None:
        """How another process may make its entries; None where that takes stream maps."""
        plain = len(self.branches) == 1 and self.branches[0].is_plain
        return self.branches[0].recipe.plan if plain else None

    def ways(self, message: Mapping[str, Any]) -> Sequence[Branch]:
        """Return the branches that a record takes: of one sent again, that which refused it."""
        if not message["replayed"]:
            return self.branches
        alias = message["stream_alias"]
        return [each for each in self.branches if each.origin.alias == alias] or self.branches


def schema_of(message: Mapping[str, Any], line_number: int) -> tuple[str, Any, list[str]]:
    """Return stream, schema and primary key of a SCHEMA message.

    Raises:
        InputError: When something is missing or of the wrong kind.
    """
    stream, schema, keys = message["stream"], message["schema"], message["key_properties"]
    if not stream:
        fault = "names no stream"
    elif any("\ud800" <= letter <= "\udfff" for letter in stream):
        fault = "names its stream with half of a surrogate pair"
    elif not isinstance(schema, dict) or not isinstance(schema.get("properties"), dict):
        fault = f"of stream {stream} has no `properties`"
    elif not all(isinstance(column, dict) for column in schema["properties"].values()):
        fault = f"of stream {stream} has a property that is not a JSON schema"
    elif keys is not None and not (
        isinstance(keys, list) and all(isinstance(key, str) for key in keys)
    ):
        fault = f"of stream {stream} has `key_properties` that are not a list of names"
    else:
        return stream, schema, keys or []
    message_text = f"the SCHEMA in line {line_number} of the input {fault}"
    raise InputError(message_text)


def plan_stream(
    message: Mapping[str, Any],
    stream_maps: Iterable[StreamMap],
    rules: Mapping[str, Rule],
    *,
    has_ledger: bool,
    record_bytes: int,
) -> Stream:
    """Return how a stream's records are taken.

    Args:
        message: Its SCHEMA message, checked.
        stream_maps: The SDK's, for this stream.
        rules: By the name of the stream after stream maps.
        has_ledger: Whether deliveries are kept.
        record_bytes: Bytes of an encoded record at most.

    Raises:
        SettingError: When the stream cannot be delivered as it is configured.
    """
    branches = [
        _branch(stream_map, rules, message, has_ledger=has_ledger, record_bytes=record_bytes)
        for stream_map in stream_maps
        if not isinstance(stream_map, RemoveRecordTransform)
    ]
    origin = Origin(message["stream"], bytes(message["line"]))
    return Stream(origin, schema_key(message), branches)


def schema_key(message: Mapping[str, Any]) -> tuple[Any, Any, Any]:
    """Return what a SCHEMA message says besides the stream's name."""
    return message["schema"], message["key_properties"], message["bookmark_properties"]


def _branch(
    stream_map: StreamMap,
    rules: Mapping[str, Rule],
    message: Mapping[str, Any],
    *,
    has_ledger: bool,
    record_bytes: int,
) -> Branch:
    name, schema = stream_map.stream_alias, stream_map.transformed_schema
    rule = rules.get(name)
    primary_key = stream_map.transformed_key_properties or []
    mapping = plan_mapping(name, rule, schema, primary_key)
    keys = tuple((rule.ledger_key if rule else ()) or primary_key)
    is_event = rule.is_event if rule else is_tap_events(schema["properties"])
    operators = set(rule.operations.values()) if rule else set()
    counts_again = is_event or not operators.isdisjoint(NUMBER_OPERATORS)
    if has_ledger and counts_again and not keys:
        fault = (
            f"stream {name} has no primary key, by which the ledger would know its records: name "
            f"columns that do under streams.{name}.ledger_key, or do without with ledger_path: ''"
        )
        raise SettingError(fault)
    repeats = rule is not None and rule.repeat == "allow"
    if not has_ledger and is_event and not message["bookmark_properties"] and not repeats:
        fault = (
            f"stream {name} has no bookmark, so every run would send all its events again: set "
            f"ledger_path, or allow it with streams.{name}.repeat: allow"
        )
        raise SettingError(fault)
    alias = None if name == message["stream"] else name
    origin = Origin(message["stream"], bytes(message["line"]), alias)
    warning = moving_bookmark(name, rule, message, keys) if rule and has_ledger else None
    plan = Plan(origin.stream, rule, schema["properties"], keys, has_ledger, record_bytes)
    is_plain = isinstance(stream_map, SameRecordTransform) and not stream_map.flattening_enabled
    return Branch(stream_map.transform, Recipe(plan, mapping), origin, is_plain, warning)


def moving_bookmark(
    stream: str, rule: Rule, message: Mapping[str, Any], keys: Iterable[str]
) -> str | None:
    """Return a warning where the bookmark alone makes a touched row a new event.

    Args:
        stream: Its name, for the warning.
        rule: Its rule.
        message: Its SCHEMA message.
        keys: The columns that name a record in the ledger.
    """
    listed = message["bookmark_properties"]
    if not rule.is_event or not isinstance(listed, list):
        return None
    bookmarks = [column for column in listed if isinstance(column, str)]
    if rule.time is not None and rule.time in bookmarks and tells_of_change(rule.time):
        return (
            f"stream {stream}: {rule.time} is its bookmark and the time of its events, so a row "
            f"that is touched is sent as an event once more; name a column that stays as it is "
            f"under streams.{stream}.time"
        )
    moving = [column for column in bookmarks if column not in rule.columns.union(keys)]
    if not moving or rule.others == "drop":
        return None
    return (
        f"stream {stream}: {moving[0]} is its bookmark and becomes a property, so a row that is "
        f"touched is sent as an event once more; set streams.{stream}.others: drop, or name "
        f"{moving[0]} under its properties if that is meant"
    )


def plan_mapping(
    stream: str, rule: Rule | None, schema: Mapping[str, Any], keys: Iterable[str]
) -> Callable[[dict[str, Any]], Mapped]:
    """Return how the records of a stream are mapped.

    Args:
        stream: Its name, for messages.
        rule: Its rule, or None for a stream of tap-clevertap's own shape.
        schema: Its JSON schema.
        keys: Its primary key.

    Raises:
        SettingError: When the rule cannot work with this schema, or there is none.
    """
    properties = schema["properties"]
    mapping = mapping_of(rule, properties)
    if rule is not None and isinstance(mapping, RuleMapping):
        return _checked(stream, mapping, rule, properties)
    if mapping is not None:
        return mapping
    message = (
        f"stream {stream} has no rule; nothing of it was sent. Add one to the setting `streams`, "
        f"for example:\n{guess_rule(stream, properties, keys)}"
    )
    raise SettingError(message)


def _checked(
    stream: str, mapping: RuleMapping, rule: Rule, properties: Mapping[str, Any]
) -> RuleMapping:
    check_columns(stream, rule, properties)
    if rule.event is not None and is_reserved(rule.event):
        message = f"streams.{stream}.event: CleverTap alone may raise `{rule.event}`"
        message += f" (its code {RESTRICTED_EVENT}); choose another name"
        raise SettingError(message)
    faults = faulty_names(mapping.names(properties), of_profile=not rule.is_event)
    for name, fault in sorted(faults.items()):
        message = (
            f"stream {stream}: `{name}` cannot be the name of a property: {fault}. "
            f"Name it otherwise under streams.{stream}.properties, or leave it out (others: drop)"
        )
        raise SettingError(message)
    return mapping
