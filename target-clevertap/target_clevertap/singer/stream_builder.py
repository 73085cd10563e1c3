"""Builds a stream from its SCHEMA message, its stream maps and the rules."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

import msgspec
from singer_sdk.mapper import RemoveRecordTransform

from target_clevertap.errors import SettingError
from target_clevertap.ledger.naming import FormerNaming, Naming
from target_clevertap.ledger.profile_hashes import ProfileHashes
from target_clevertap.records.entry_builder import EntryBuilder, RecordSpec
from target_clevertap.records.names import folded
from target_clevertap.records.tap_columns import is_tap_events
from target_clevertap.rules.faults import all_in_one_line, rule_path
from target_clevertap.singer.branch_schema import branch_schema
from target_clevertap.singer.changed_profiles import ChangedProfiles, user_keys
from target_clevertap.singer.origin import Origin
from target_clevertap.singer.schema_message import schema_key
from target_clevertap.singer.stream_mapping import build_mapping, deletion_faults, repeat_faults
from target_clevertap.singer.stream_warnings import bookmarks_of_rows, notes, warnings
from target_clevertap.singer.streams import Branch, Stream
from target_clevertap.singer.user_maps import keep_user

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from singer_sdk.mapper import StreamMap

    from target_clevertap.ledger.naming import LedgerFacts
    from target_clevertap.records.mapping import RecordMapping
    from target_clevertap.rules.rule import Rule
    from target_clevertap.singer.branch_schema import BranchSchema
    from target_clevertap.singer.columns import Columns
    from target_clevertap.singer.lines import Line


LEAVE_PROFILES = ("token", "subscription", "disassociate")
"""The kinds of records that change no profile by the user key of a rule."""


@dataclass(frozen=True, slots=True)
class StreamBuilder:
    """Builds streams by the settings of a run."""

    rules: Mapping[str, Rule]
    """By the name of the stream after stream maps."""

    facts: LedgerFacts | None
    """What the ledger knows; None without a ledger."""

    record_bytes: int
    """The most bytes of an encoded record."""

    confirms_deletes: bool = False
    """Whether streams may delete users."""

    stream_maps: object = None
    """The setting."""

    def stream(
        self, message: Line, line: bytes, columns: Columns, stream_maps: Iterable[StreamMap]
    ) -> Stream:
        """Return a stream under a SCHEMA.

        Args:
            message: The SCHEMA message, checked.
            line: Its line.
            columns: The columns by the SCHEMA.
            stream_maps: The SDK's for this stream.

        Raises:
            SettingError: When the settings do not fit the stream.
        """
        origin = Origin(message.stream or "", line)
        branches = [
            self._branch(stream_map, message, origin, columns)
            for stream_map in stream_maps
            if not isinstance(stream_map, RemoveRecordTransform)
        ]
        return Stream(origin, schema_key(message), columns, branches)

    def _branch(
        self, stream_map: StreamMap, message: Line, incoming: Origin, columns: Columns
    ) -> Branch:
        given = self.rules.get(stream_map.stream_alias)
        schema = branch_schema(message, stream_map, columns, given)
        rule = schema.rule
        mapping = self._mapping(schema)
        alias = None if schema.name == message.stream else schema.name
        origin = Origin(incoming.stream, incoming.schema_line, alias)
        naming = self._naming(origin, schema)
        spec = RecordSpec(
            origin.stream, rule, schema.columns, schema.keys, naming, self.record_bytes
        )
        return Branch(
            stream_map.transform,
            EntryBuilder(spec, mapping, None if self.facts is None else self.facts.count),
            origin,
            schema.is_plain,
            self._changes(origin, schema, mapping),
            [*warnings(schema, mapping, has_ledger=self.facts is not None)],
            [*notes(schema)],
            rule is None or keep_user(self.stream_maps, origin.stream, rule.identity),
        )

    def _mapping(self, schema: BranchSchema) -> RecordMapping:
        has_ledger = self.facts is not None
        faults = [
            *schema.faults,
            *repeat_faults(schema, has_ledger=has_ledger),
            *deletion_faults(schema, is_confirmed=self.confirms_deletes),
        ]
        if schema.faults:
            raise SettingError(all_in_one_line(rule_path(schema.name), faults))
        return build_mapping(
            *(schema.name, schema.rule, schema.columns, schema.primary_key, faults),
            bookmarks=schema.message.bookmark_properties,
            has_ledger=has_ledger,
            alike=[name for name in self.rules if folded(name) == folded(schema.name)],
        )

    def _changes(
        self, origin: Origin, schema: BranchSchema, mapping: RecordMapping
    ) -> ChangedProfiles | None:
        """Return what tells changed profiles from others, where any rule asks for it.

        All profiles are noted then, and whenever the ledger knows some: a profile of any stream
        makes those that came before it old, and so does a deletion.
        """
        rule, profiles = schema.rule, None if self.facts is None else self.facts.profiles
        is_event = is_tap_events(schema.columns.listed) if rule is None else rule.is_event
        leaves_profiles = rule is not None and rule.type in LEAVE_PROFILES
        if self.facts is None or profiles is None or leaves_profiles:
            return None
        if is_event and not (rule is not None and rule.shape is not None and rule.shape.kinds):
            return None
        if not (profiles.is_used or any(each.changes_only for each in self.rules.values())):
            return None
        profiles.is_noted = True
        users = user_keys(mapping)
        stream = (
            version("target-clevertap"),
            json.dumps([origin.stream, origin.alias, msgspec.to_builtins(rule)], sort_keys=True),
            origin.schema_line.decode(errors="replace"),
        )
        return ChangedProfiles(
            ProfileHashes(
                self.facts.account,
                stream,
                has_time=users is not None and rule is not None and rule.time is not None,
            ),
            profiles,
            users,
        )

    def _naming(self, origin: Origin, schema: BranchSchema) -> Naming | None:
        if self.facts is None:
            return None
        rule = schema.rule
        is_new_kind = rule is not None and (rule.is_call_or_token or rule.shape is not None)
        has_former = self.facts.holds_former and not is_new_kind
        former = FormerNaming(rule, schema.properties) if has_former else None
        is_event = is_tap_events(schema.columns.listed) if rule is None else rule.is_event
        kind = "event" if is_event else "profile"
        return Naming(
            account=self.facts.account,
            stream=origin.stream,
            alias=origin.alias,
            keys=schema.keys,
            type=rule.type if rule is not None else kind,
            has_time=is_event if rule is None else rule.time is not None,
            bookmarks=bookmarks_of_rows(schema.message, rule),
            is_numbered=rule is not None and rule.equal_rows == "new",
            generation=self.facts.generation(origin.stream, origin.alias),
            former=former,
        )
