"""A stream as the target takes it: its stream maps, its rule and its place in the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
from singer_sdk.mapper import RemoveRecordTransform, SameRecordTransform

from target_clevertap.checks import RESTRICTED_EVENT, faulty_names, is_reserved
from target_clevertap.columns import Columns, read_columns
from target_clevertap.errors import InputError, SettingError
from target_clevertap.mapping import RuleMapping
from target_clevertap.naming import FormerNaming, Naming
from target_clevertap.recipes import Plan, Recipe, mapping_of
from target_clevertap.rejects import Origin
from target_clevertap.rule import NUMBER_OPERATORS
from target_clevertap.rules import check_columns, tells_of_change
from target_clevertap.shown import shown, visible
from target_clevertap.suggest.message import no_rule
from target_clevertap.tap_streams import is_tap_events

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from singer_sdk.mapper import StreamMap

    from target_clevertap.mapping import Mapped
    from target_clevertap.naming import Memory
    from target_clevertap.rule import Rule


@dataclass(frozen=True, slots=True)
class Branch:
    """One of the ways a stream's records take, by one stream map and one rule."""

    transform: Callable[[dict[str, Any]], dict[str, Any] | None]
    recipe: Recipe
    origin: Origin
    is_plain: bool = False
    """Whether no stream map changes its records."""

    warnings: Sequence[str] = ()
    """What its user should know before the first record is sent."""


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream under one SCHEMA."""

    origin: Origin
    schema: tuple[Any, Any, Any]
    """What a SCHEMA line says besides the name: equal ones change nothing."""

    columns: Columns
    """What it says of its columns."""

    branches: Sequence[Branch]

    @property
    def plan(self) -> Plan | None:
        """How another process may make its entries.

        None where that takes stream maps, or all equal rows of the run.
        """
        if len(self.branches) != 1 or not self.branches[0].is_plain:
            return None
        plan = self.branches[0].recipe.plan
        return None if plan.naming and plan.naming.is_numbered else plan

    def ways(self, message: Mapping[str, Any]) -> Sequence[Branch]:
        """Return the branches that a record takes: of one sent again, that which refused it."""
        if not message["replayed"]:
            return self.branches
        alias = message["stream_alias"]
        return [each for each in self.branches if each.origin.alias == alias] or self.branches


def schema_of(message: Mapping[str, Any], line_number: int) -> tuple[str, Columns, list[str]]:
    """Return stream, columns and primary key of a SCHEMA message.

    Raises:
        InputError: When something is missing or of the wrong kind.
    """
    stream, keys = message["stream"], message["key_properties"]
    if not stream:
        raise _schema_error(line_number, "names no stream")
    if any("\ud800" <= letter <= "\udfff" for letter in stream):
        raise _schema_error(line_number, "names its stream with half of a surrogate pair")
    if keys is not None and not (
        isinstance(keys, list) and all(isinstance(key, str) for key in keys)
    ):
        fault = f"of stream {shown(stream)} has `key_properties` that are not a list of names"
        raise _schema_error(line_number, fault)
    try:
        return stream, read_columns(message["schema"]), keys or []
    except ValueError as error:
        raise _schema_error(line_number, f"of stream {shown(stream)} {error}") from None


def _schema_error(line_number: int, fault: str) -> InputError:
    return InputError(f"the SCHEMA in line {line_number} of the input {fault}")


def columns_with(columns: Columns, keys: Iterable[str], known: Stream | None) -> Columns:
    """Return what a SCHEMA says of its columns, with what else tells that it does not list all.

    Some taps learn a stream's columns while they read: they begin with a SCHEMA without columns
    and list only some later. Others list only some from the beginning, without the key.

    Args:
        columns: What the SCHEMA says.
        keys: The stream's primary key.
        known: What is known of the stream by an earlier SCHEMA.
    """
    learned = known is not None and known.columns.is_partial
    partial = learned or any(key not in columns.listed and columns.allows(key) for key in keys)
    return msgspec.structs.replace(columns, is_partial=columns.is_partial or partial)


def plan_stream(  # noqa: PLR0913 - what a SCHEMA says, and what is configured
    message: Mapping[str, Any],
    columns: Columns,
    stream_maps: Iterable[StreamMap],
    rules: Mapping[str, Rule],
    *,
    memory: Memory | None,
    record_bytes: int,
) -> Stream:
    """Return how a stream's records are taken.

    Args:
        message: Its SCHEMA message, checked.
        columns: What it says of its columns.
        stream_maps: The SDK's, for this stream.
        rules: By the name of the stream after stream maps.
        memory: What the ledger knows; None where deliveries are not kept.
        record_bytes: Bytes of an encoded record at most.

    Raises:
        SettingError: When the stream cannot be delivered as it is configured.
    """
    branches = [
        _branch(stream_map, rules, message, columns, memory=memory, record_bytes=record_bytes)
        for stream_map in stream_maps
        if not isinstance(stream_map, RemoveRecordTransform)
    ]
    origin = Origin(message["stream"], bytes(message["line"]))
    return Stream(origin, schema_key(message), columns, branches)


def schema_key(message: Mapping[str, Any]) -> tuple[Any, Any, Any]:
    """Return what a SCHEMA message says besides the stream's name."""
    return message["schema"], message["key_properties"], message["bookmark_properties"]


def _branch(  # noqa: PLR0913 - as above
    stream_map: StreamMap,
    rules: Mapping[str, Rule],
    message: Mapping[str, Any],
    columns: Columns,
    *,
    memory: Memory | None,
    record_bytes: int,
) -> Branch:
    name, schema = stream_map.stream_alias, message["schema"]
    is_plain = isinstance(stream_map, SameRecordTransform) and not stream_map.flattening_enabled
    if not is_plain:
        schema = stream_map.transformed_schema
        columns = _columns_after(stream_map, columns)
    rule = rules.get(name)
    primary_key = stream_map.transformed_key_properties or []
    bookmarks = message["bookmark_properties"]
    mapping = plan_mapping(
        name, rule, columns, primary_key, bookmarks=bookmarks, has_ledger=memory is not None
    )
    keys = tuple((rule.ledger_key if rule else ()) or primary_key)
    is_event = rule.is_event if rule else is_tap_events(columns.listed)
    operators = set(rule.operations.values()) if rule else set()
    counts_again = is_event or not operators.isdisjoint(NUMBER_OPERATORS)
    if memory and counts_again and not keys:
        fault = (
            f"stream {name} has no primary key, by which the ledger would know its records: name "
            f"columns that do under streams.{name}.ledger_key, or do without with ledger_path: ''"
        )
        raise SettingError(fault)
    repeats = rule is not None and rule.repeat == "allow"
    if not memory and is_event and not message["bookmark_properties"] and not repeats:
        fault = (
            f"stream {name} has no bookmark, so every run would send all its events again: set "
            f"ledger_path, or allow it with streams.{name}.repeat: allow"
        )
        raise SettingError(fault)
    alias = None if name == message["stream"] else name
    origin = Origin(message["stream"], bytes(message["line"]), alias)
    warnings = [*_doubts(name, rule, columns)]
    if rule and memory and (moving := moving_bookmark(name, rule, message, keys)):
        warnings.append(moving)
    properties = schema.get("properties", {}) if isinstance(schema, dict) else {}
    naming = _naming(origin, rule, properties, keys, message, memory)
    plan = Plan(origin.stream, rule, columns, keys, naming, record_bytes)
    recipe = Recipe(plan, mapping, None if memory is None else memory.count)
    return Branch(stream_map.transform, recipe, origin, is_plain, warnings)


def _naming(  # noqa: PLR0913, PLR0917 - all that a name depends on
    origin: Origin,
    rule: Rule | None,
    properties: dict[str, Any],
    keys: tuple[str, ...],
    message: Mapping[str, Any],
    memory: Memory | None,
) -> Naming | None:
    if memory is None:
        return None
    return Naming(
        account=memory.account,
        stream=origin.stream,
        alias=origin.alias,
        keys=keys,
        bookmarks=bookmarks_of(message),
        is_numbered=rule is not None and rule.equal_rows == "new",
        generation=memory.generation(origin.stream, origin.alias),
        former=FormerNaming(rule, properties) if memory.holds_former else None,
    )


def bookmarks_of(message: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the columns of the bookmark that a SCHEMA message names."""
    listed = message["bookmark_properties"]
    listed = [listed] if isinstance(listed, str) else listed
    if not isinstance(listed, list):
        return ()
    return tuple(column for column in listed if isinstance(column, str))


def _columns_after(stream_map: StreamMap, before: Columns) -> Columns:
    """Return the columns that a stream map and flattening leave.

    Flattening alone declares objects and lists as text, and writes them as JSON text. What they
    were says more of the values.
    """
    after = read_columns(stream_map.transformed_schema)
    if not isinstance(stream_map, SameRecordTransform):
        return after
    same = {name: before.listed.get(name, schema) for name, schema in after.listed.items()}
    return msgspec.structs.replace(after, listed=same)


def _doubts(stream: str, rule: Rule | None, columns: Columns) -> Iterator[str]:
    if rule is not None and columns.is_partial and not rule.columns <= columns.listed.keys():
        # the same words for every SCHEMA of a stream that is learned, to be said once
        named = ", ".join(shown(name) for name in sorted(rule.columns))
        yield (
            f"stream {shown(stream)}: its SCHEMA does not list all columns, so those of its rule "
            f"are taken on trust: {named}"
        )
    if columns.faults:
        name, fault = next(iter(columns.faults.items()))
        more = f" and {len(columns.faults) - 1} more columns" if len(columns.faults) > 1 else ""
        yield (
            f"stream {shown(stream)}: the SCHEMA of column {shown(name)}{more} is not understood "
            f"({fault}); the values are sent as they come"
        )


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
    bookmarks = bookmarks_of(message)
    if not rule.is_event or not bookmarks:
        return None
    if rule.time is None and tells_of_change(bookmarks[0]):
        return (
            f"stream {shown(stream)}: {shown(bookmarks[0])} is its bookmark and its events have no "
            "time, so a row that is touched is sent as an event once more; name the column with "
            f"the time of the event under streams.{visible(stream)}.time"
        )
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


def plan_mapping(  # noqa: PLR0913 - what a SCHEMA message says, and the rule for it
    stream: str,
    rule: Rule | None,
    columns: Columns,
    keys: Iterable[str],
    *,
    bookmarks: object = None,
    has_ledger: bool = True,
) -> Callable[[dict[str, Any]], Mapped]:
    """Return how the records of a stream are mapped.

    Args:
        stream: Its name, for messages.
        rule: Its rule, or None for a stream of tap-clevertap's own shape.
        columns: What its SCHEMA says of its columns.
        keys: Its primary key.
        bookmarks: Its bookmark, as the SCHEMA message gives it.
        has_ledger: Whether deliveries are kept.

    Raises:
        SettingError: When the rule cannot work with this schema, or there is none.
    """
    mapping = mapping_of(rule, columns)
    if rule is not None and isinstance(mapping, RuleMapping):
        return _checked(stream, mapping, rule, columns)
    if mapping is not None:
        return mapping
    message = no_rule(stream, columns, keys, bookmarks, has_ledger=has_ledger)
    raise SettingError(message)


def _checked(stream: str, mapping: RuleMapping, rule: Rule, columns: Columns) -> RuleMapping:
    trusted = {*rule.columns, *rule.operations} if columns.is_partial else set()
    check_columns(stream, rule, [*columns.listed, *sorted(trusted - columns.listed.keys())])
    if rule.event is not None and is_reserved(rule.event):
        message = f"streams.{stream}.event: CleverTap alone may raise `{rule.event}`"
        message += f" (its code {RESTRICTED_EVENT}); choose another name"
        raise SettingError(message)
    faults = faulty_names(mapping.names(columns.listed), of_profile=not rule.is_event)
    for name, fault in sorted(faults.items()):
        message = (
            f"stream {stream}: `{name}` cannot be the name of a property: {fault}. "
            f"Name it otherwise under streams.{stream}.properties, or leave it out (others: drop)"
        )
        raise SettingError(message)
    return mapping
