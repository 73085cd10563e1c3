"""XML: an `Event` or `Profile` element for each row, whose values are text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO
from xml.etree.ElementTree import tostring

import msgspec

from tap_clevertap._plugin.shown import shown
from tap_clevertap.files.columns import (
    DEVICE,
    EVENT_NAME,
    PROFILE,
    PROPERTIES,
    SESSION,
    TIME,
    arranged,
)
from tap_clevertap.files.errors import UnreadFileError
from tap_clevertap.files.event_columns import EventColumns, TextEvent
from tap_clevertap.files.formats.xml_items import EVENT_ITEM, PROFILE_ITEM, Item, ItemParser, items
from tap_clevertap.files.formats.xml_values import items_of, members_of
from tap_clevertap.files.listed_texts import listed
from tap_clevertap.files.rows import ROWS_AT_A_TIME
from tap_clevertap.files.users import encode_file_user
from tap_clevertap.records.blocks import KnownBlocks, encode_session
from tap_clevertap.records.encoder import SESSION_BYTES, USER_BYTES
from tap_clevertap.records.errors import BadRowError
from tap_clevertap.records.exact_json import encode_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from io import BufferedReader

    from tap_clevertap.files.formats.readers import Kind
    from tap_clevertap.files.rows import EventRows, ProfileRows, ReadOptions, RowSink
    from tap_clevertap.records.blocks import Encoded
    from tap_clevertap.records.rows import Record

BLOCKS = (PROFILE, DEVICE, PROPERTIES, SESSION)
NOT_OF_USER = frozenset((*BLOCKS, TIME, EVENT_NAME))
SINGLE_OF_USER = ("objectId", "identity", "name", "email", "phone", "platform")
LISTS = ("all_identities", "clevertapIds")

_decode_blocks = msgspec.json.Decoder(tuple[dict[str, Any], dict[str, Any], dict[str, Any]]).decode


def kind_of(content: BufferedReader, columns: Mapping[str, str]) -> Kind:
    """Tell events from profiles by the first item or the root; leave the content at its start.

    Raises:
        UnreadFileError: If it is neither's.
    """
    del columns  # elements of rows have one name each
    parser = ItemParser()
    parser.feed(content.peek())
    kind = parser.first_kind or (parser.root or "").lower()
    if kind.startswith(EVENT_ITEM):
        return "events"
    if kind.startswith(PROFILE_ITEM):
        return "profiles"
    message = f"has neither {shown('Event')} nor {shown('Profile')} elements; export it again"
    raise UnreadFileError(message)


def event_rows(content: BinaryIO, options: ReadOptions) -> Iterator[EventRows]:
    """Yield the rows of a file of events, at most `ROWS_AT_A_TIME` at a time.

    Raises:
        UnreadFileError: If the file is cut, is not XML, or has a document type.
    """
    collected, blocks = EventColumns(options.zone), _Blocks()
    for item in items(content):
        try:
            row = arranged(_members(item, EVENT_ITEM), options.columns)
            collected.add(item.line, blocks.event(row))
            options.bad_rows.has_good = True
        except BadRowError as fault:
            _refuse(item, fault, options.bad_rows)
        if collected.is_full:
            yield collected.take()
    if collected:
        yield collected.take()


def profile_rows(content: BinaryIO, options: ReadOptions) -> Iterator[ProfileRows]:
    """Yield the rows of a file of profiles, at most `ROWS_AT_A_TIME` at a time.

    Raises:
        UnreadFileError: If the file is cut, is not XML, or has a document type.
    """
    rows: list[tuple[int, Record]] = []
    for item in items(content):
        try:
            rows.append((item.line, _with_lists(_members(item, PROFILE_ITEM))))
            options.bad_rows.has_good = True
        except BadRowError as fault:
            _refuse(item, fault, options.bad_rows)
        if len(rows) >= ROWS_AT_A_TIME:
            yield rows
            rows = []
    if rows:
        yield rows


class _Blocks:
    """Encodes the blocks of events, and keeps those that repeat."""

    def __init__(self) -> None:
        self._users = KnownBlocks(_encode_user, USER_BYTES)
        self._sessions = KnownBlocks(encode_session, SESSION_BYTES)

    def event(self, row: Record) -> TextEvent:
        """Return an event with its blocks encoded.

        Raises:
            BadRowError: If a block is not one.
        """
        profile, device, props, session = (_block(row, name) for name in BLOCKS)
        _refuse_repeated(profile or {})
        others = {name: value for name, value in row.items() if name not in NOT_OF_USER}
        user = encode_json([_with_lists(profile or {}), device or {}, others])
        return TextEvent(
            row.get(EVENT_NAME),
            row.get(TIME),
            self._users[user],
            props,
            self._sessions[encode_json(session)],
        )


def _encode_user(user: bytes) -> Encoded:
    return encode_file_user(*_decode_blocks(user))


def _block(row: Record, name: str) -> Record | None:
    block = row.get(name)
    if block is None or isinstance(block, dict):
        return block
    if isinstance(block, str) and block.isspace():
        return None
    message = f"has {shown(name)} twice, or as text"
    raise BadRowError(message)


def _refuse_repeated(profile: Record) -> None:
    for name in SINGLE_OF_USER:
        if not isinstance(profile.get(name, ""), str):
            message = f"has {shown(f'{PROFILE}.{name}')} twice, or with elements"
            raise BadRowError(message)


def _members(item: Item, kind: str) -> Record:
    if item.kind != kind:
        message = f"is of {item.kind}s, in a file of {kind}s"
        raise BadRowError(message)
    if item.fault is not None:
        raise BadRowError(item.fault)
    return members_of(item.element)


def _with_lists(row: Record) -> Record:
    return {**row, **{name: listed(items_of(row[name])) for name in LISTS if name in row}}


def _refuse(item: Item, fault: BadRowError, bad_rows: RowSink) -> None:
    bad_rows.collect(item.line, tostring(item.element, encoding="unicode").strip(), str(fault))
