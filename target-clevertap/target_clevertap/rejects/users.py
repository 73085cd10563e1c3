"""The users that rejects would create, found as a run finds them: by stream maps and rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_sdk.mapper import RemoveRecordTransform

from target_clevertap.errors import InputError, SettingError
from target_clevertap.records.entry_builder import EntryBuilder, RecordSpec, mapping_of
from target_clevertap.records.errors import RecordRefusedError
from target_clevertap.records.exact_json import UNREADABLE
from target_clevertap.records.mapping import RecordUser
from target_clevertap.singer.branch_schema import branch_schema
from target_clevertap.singer.lines import decode_line
from target_clevertap.singer.mapped_records import mapped_record
from target_clevertap.singer.origin import Origin
from target_clevertap.singer.place import InputPlace
from target_clevertap.singer.schema_message import read_schema, schema_key, with_partial
from target_clevertap.singer.stream_maps import stream_maps_of
from target_clevertap.singer.streams import Branch, Stream

if TYPE_CHECKING:
    from collections.abc import Mapping

    from singer_sdk.mapper import PluginMapper, StreamMap

    from target_clevertap.rejects.lines import RejectLine
    from target_clevertap.rules.rule import Rule
    from target_clevertap.singer.columns import Columns
    from target_clevertap.singer.lines import Line

NOBODY = RecordUser([], is_profile=False)


class UsersOfRejects:
    """Finds the users of rejects, by the SCHEMA lines before them."""

    def __init__(self, rules: Mapping[str, Rule], mapper: PluginMapper) -> None:
        """Know no stream yet.

        Args:
            rules: By the name of the stream after stream maps.
            mapper: The SDK's, with the stream maps of the settings; it gets to know the streams.
        """
        self._rules = rules
        self._mapper = mapper
        self._streams: dict[str, Stream | None] = {}

    def note(self, line: RejectLine) -> None:
        """Note a SCHEMA."""
        earlier = self._streams.get(line.stream)
        if earlier is not None and earlier.origin.schema_line == line.text:
            return
        try:
            self._streams[line.stream] = self._stream(line, earlier)
        except (InputError, SettingError, *UNREADABLE):
            self._streams[line.stream] = None

    def of(self, line: RejectLine) -> RecordUser | None:
        """Return the user that a reject would create, for all stream maps of its stream.

        A reject that creates no user has one without keys. So has a reject under a SCHEMA that no
        run takes: a run ends there, and reports why.

        Returns:
            None where nobody knows which user it would create.
        """
        stream = self._streams.get(line.stream)
        if stream is None:
            return NOBODY
        record = line.decoded()
        if not isinstance(record, dict):
            return None
        place = InputPlace(line.number)
        try:
            users = [
                _user(stream, branch, record, place)
                for branch in stream.replay_branches(line.alias)
            ]
        except (InputError, RecordRefusedError):
            return None
        keys = [key for user in users for key in user.keys]
        return RecordUser(keys, any(user.is_profile for user in users))

    def _stream(self, line: RejectLine, earlier: Stream | None) -> Stream | None:
        """Return the stream under a SCHEMA; None where its rules do not fit it."""
        message = decode_line(line.text)
        _, columns, keys = read_schema(message, line.number)
        columns = with_partial(columns, keys, earlier)
        stream_maps = stream_maps_of(self._mapper, message, columns, keys)
        branches = [
            self._branch(each, message, columns, line.text)
            for each in stream_maps
            if not isinstance(each, RemoveRecordTransform)
        ]
        fitting = [each for each in branches if each is not None]
        if len(fitting) < len(branches):
            return None
        return Stream(Origin(line.stream, line.text), schema_key(message), columns, fitting)

    def _branch(
        self, stream_map: StreamMap, message: Line, columns: Columns, text: bytes
    ) -> Branch | None:
        given = self._rules.get(stream_map.stream_alias)
        schema = branch_schema(message, stream_map, columns, given)
        mapping = None if schema.faults else mapping_of(schema.rule, schema.columns)
        if mapping is None:
            return None
        stream = message.stream or ""
        spec = RecordSpec(stream, schema.rule, schema.columns, schema.keys, None, 0)
        alias = None if schema.name == stream else schema.name
        origin = Origin(stream, text, alias)
        return Branch(
            stream_map.transform, EntryBuilder(spec, mapping), origin, is_plain=schema.is_plain
        )


def _user(stream: Stream, branch: Branch, record: dict[str, Any], place: InputPlace) -> RecordUser:
    if stream.deletions.marks(record):
        return NOBODY  # its user is deleted, or it is left out
    mapped = record if branch.is_plain else mapped_record(stream, branch, record, place)
    if mapped is None or branch.builder.is_deleted(mapped):
        return NOBODY
    return branch.builder.record_user(mapped) or NOBODY
