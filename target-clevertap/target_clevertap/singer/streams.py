"""A stream as the target takes it: its stream maps, its rule and its place in the ledger."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec
from singer_sdk.mapper import RemoveRecordTransform, SameRecordTransform

from target_clevertap._plugin.shown import shown
from target_clevertap.errors import InputError, SettingError
from target_clevertap.ledger.naming import FormerNaming, Naming
from target_clevertap.records.deletions import Deletions
from target_clevertap.records.entry_builder import Plan, Recipe, mapping_of
from target_clevertap.records.mapping import RuleMapping
from target_clevertap.records.names import folded
from target_clevertap.records.tap_streams import is_tap_events, lost_columns
from target_clevertap.rejects.rejects import Origin
from target_clevertap.rules.checks import Fault, path, rule_faults, told
from target_clevertap.rules.suggest.message import no_rule
from target_clevertap.singer.columns import Columns, read_columns
from target_clevertap.singer.schema_notes import (
    bookmarks_of,
    key_warning,
    moving_bookmark,
    rule_warnings,
    whole_table_note,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from singer_sdk.mapper import StreamMap

    from target_clevertap.ledger.naming import Memory
    from target_clevertap.records.mapping import Mapped
    from target_clevertap.rules.rule import Rule
    from target_clevertap.singer.lines import Line


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

    notes: Sequence[str] = ()
    """The same of what is as it should be."""


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream under one SCHEMA."""

    origin: Origin
    schema: tuple[Any, Any, Any]
    """What a SCHEMA line says besides the name: equal ones change nothing."""

    columns: Columns
    """What it says of its columns."""

    branches: Sequence[Branch]
    deletions: Deletions = field(default_factory=Deletions, compare=False)
    """Tells which records, as they came in, are rows that were deleted at the source."""

    @property
    def plain(self) -> Branch | None:
        """The branch that all records take as they came; None where there are more or others."""
        branch = self.branches[0] if len(self.branches) == 1 else None
        return branch if branch is not None and branch.is_plain else None

    def ways(self, alias: object) -> Sequence[Branch]:
        """Return the branches that a reject takes which is sent again: that which refused it.

        Args:
            alias: The name that a stream map gave the stream, as the reject has it.
        """
        return [each for each in self.branches if each.origin.alias == alias] or self.branches


def schema_of(message: Line, line_number: int) -> tuple[str, Columns, list[str]]:
    """Return stream, columns and primary key of a SCHEMA message.

    Raises:
        InputError: When something is missing or of the wrong kind.
    """
    stream, keys = message.stream, message.key_properties
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
        return stream, read_columns(message.schema), keys or []
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
    message: Line,
    line: bytes,
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
        line: The same, as it came.
        columns: What it says of its columns.
        stream_maps: The SDK's, for this stream.
        rules: By the name of the stream after stream maps.
        memory: What the ledger knows; None where deliveries are not kept.
        record_bytes: Bytes of an encoded record at most.

    Raises:
        SettingError: When the stream cannot be delivered as it is configured.
    """
    origin = Origin(message.stream or "", line)
    branches = [
        _branch(
            *(stream_map, rules, message, origin, columns),
            memory=memory,
            record_bytes=record_bytes,
        )
        for stream_map in stream_maps
        if not isinstance(stream_map, RemoveRecordTransform)
    ]
    return Stream(origin, schema_key(message), columns, branches)


def schema_key(message: Line) -> tuple[Any, Any, Any]:
    """Return what a SCHEMA message says besides the stream's name."""
    return message.schema, message.key_properties, message.bookmark_properties


def _branch(  # noqa: PLR0913 - as above
    stream_map: StreamMap,
    rules: Mapping[str, Rule],
    message: Line,
    incoming: Origin,
    columns: Columns,
    *,
    memory: Memory | None,
    record_bytes: int,
) -> Branch:
    name, schema = stream_map.stream_alias, message.schema
    primary_key = _key_after(stream_map, message.key_properties or [], columns)
    is_plain = isinstance(stream_map, SameRecordTransform) and not stream_map.flattening_enabled
    if not is_plain:
        schema = stream_map.transformed_schema
        columns = _columns_after(stream_map, columns)
    rule = rules.get(name)
    keys = tuple((rule.ledger_key if rule else ()) or primary_key)
    counts_again = rule.counts_again if rule else is_tap_events(columns.listed)
    faults = (
        _repeat_faults(rule, message, keys, columns, has_ledger=memory is not None)
        if counts_again
        else ()
    )
    mapping = plan_mapping(
        *(name, rule, columns, primary_key, faults),
        bookmarks=message.bookmark_properties,
        has_ledger=memory is not None,
        alike=[each for each in rules if folded(each) == folded(name)],
    )
    alias = None if name == message.stream else name
    origin = Origin(incoming.stream, incoming.schema_line, alias)
    warnings = [*_doubts(name, rule, columns)]
    notes = []
    if rule is not None and isinstance(mapping, RuleMapping):
        warnings += rule_warnings(name, rule, mapping, columns)
        if memory:
            warnings += [moving_bookmark(name, rule, mapping, message, keys) or ""]
    if memory and counts_again:
        warnings += [key_warning(name, keys, columns) or ""]
    if not counts_again:
        notes += [whole_table_note(name, message) or ""]
    properties = schema.get("properties", {}) if isinstance(schema, dict) else {}
    naming = _naming(origin, rule, properties, keys, message, memory)
    plan = Plan(origin.stream, rule, columns, keys, naming, record_bytes)
    return Branch(
        stream_map.transform,
        Recipe(plan, mapping, None if memory is None else memory.count),
        origin,
        is_plain,
        [warning for warning in warnings if warning],
        [note for note in notes if note],
    )


def _naming(  # noqa: PLR0913, PLR0917 - all that a name depends on
    origin: Origin,
    rule: Rule | None,
    properties: dict[str, Any],
    keys: tuple[str, ...],
    message: Line,
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


def _repeat_faults(
    rule: Rule | None,
    message: Line,
    keys: Sequence[str],
    columns: Columns,
    *,
    has_ledger: bool,
) -> Iterator[Fault]:
    """Yield what keeps records that count again from being told apart, or from coming once."""
    if has_ledger and not keys:
        text = (
            "the stream has no primary key, by which the ledger knows its records; name columns "
            "here that tell them apart, or do without the ledger (ledger_path: '')"
        )
        yield Fault(text, "ledger_key")
    if has_ledger and not (rule and rule.ledger_key):
        for key in keys:
            if not columns.allows(key):
                text = (
                    f"the stream's key names {shown(key)}, which its SCHEMA does not allow; name "
                    "columns here that tell its records apart"
                )
                yield Fault(text, "ledger_key")
    repeats = rule is not None and rule.repeat == "allow"
    is_event = rule is None or rule.is_event
    if not has_ledger and is_event and not message.bookmark_properties and not repeats:
        text = (
            "the stream has no bookmark, so every run would send all its events again; set "
            "ledger_path, or allow it here (repeat: allow)"
        )
        yield Fault(text, "repeat")


def _key_after(stream_map: StreamMap, given: list[str], columns: Columns) -> list[str]:
    """Return the primary key that a stream map leaves, with what no SCHEMA allows still in it."""
    key = [*(stream_map.transformed_key_properties or ())]
    return given if key == [column for column in given if columns.allows(column)] else key


def _columns_after(stream_map: StreamMap, before: Columns) -> Columns:
    """Return the columns that a stream map and flattening leave.

    Flattening alone declares objects and lists as text, and writes them as JSON text. What they
    were says more of the values.
    """
    after = read_columns(stream_map.transformed_schema)
    after = msgspec.structs.replace(after, faults=before.faults)
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


def plan_mapping(  # noqa: PLR0913 - what a SCHEMA message says, and the rule for it
    stream: str,
    rule: Rule | None,
    columns: Columns,
    keys: Iterable[str],
    faults: Iterable[Fault] = (),
    *,
    bookmarks: object = None,
    has_ledger: bool = True,
    alike: Sequence[str] = (),
) -> Callable[[dict[str, Any]], Mapped]:
    """Return how the records of a stream are mapped.

    Args:
        stream: Its name, for messages.
        rule: Its rule, or None for a stream of tap-clevertap's own shape.
        columns: What its SCHEMA says of its columns.
        keys: Its primary key.
        faults: What else keeps it from being delivered, to be said along with the rest.
        bookmarks: Its bookmark, as the SCHEMA message gives it.
        has_ledger: Whether deliveries are kept.
        alike: Names of rules that differ from the stream's only in case or spaces.

    Raises:
        SettingError: When the rule cannot work with this schema, or there is none: with all that
            is wrong.
    """
    mapping = mapping_of(rule, columns)
    found = [*faults]
    if rule is not None and isinstance(mapping, RuleMapping):
        found = [*rule_faults(rule, mapping, columns), *found]
    if mapping is None:
        fault = _lost_columns(stream, columns) or _misnamed(stream, alike)
        fault = fault or no_rule(stream, columns, keys, bookmarks, has_ledger=has_ledger)
        raise SettingError(fault)
    if found:
        raise SettingError(told(path(stream) if rule else f"stream {shown(stream)}", found))
    return mapping


def _misnamed(stream: str, alike: Sequence[str]) -> str | None:
    if not alike:
        return None
    return (
        f"stream {shown(stream)}: it has no rule and nothing of it was sent; there is one for "
        f"{shown(alike[0])}, and names of streams are compared exactly: name the rule as the stream"
    )


def _lost_columns(stream: str, columns: Columns) -> str | None:
    if (lost := lost_columns(columns.listed)) is not None:
        own, missing = lost
        return (
            f"stream {shown(stream)} looks like the {shown(own)} of tap-clevertap without "
            f"{' and '.join(map(shown, missing))}, so it cannot be understood without a rule; "
            "flattening takes such columns apart: turn off flattening_enabled in the tap and here, "
            f"see that no stream map leaves them out, or add a rule under {path(stream)}"
        )
    return None
