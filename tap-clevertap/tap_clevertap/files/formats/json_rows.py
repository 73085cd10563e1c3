"""One row of a file of events, from its JSON: the way for every row that is not the usual one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from tap_clevertap._plugin.shown import shown
from tap_clevertap.files.columns import arranged
from tap_clevertap.files.errors import UnreadFileError
from tap_clevertap.files.rows import EventRows
from tap_clevertap.files.users import encode_file_user
from tap_clevertap.records.blocks import session_block
from tap_clevertap.records.errors import BadRowError
from tap_clevertap.records.event_time import event_time
from tap_clevertap.records.exact_json import UNREADABLE_JSON, exact_number, repair_json
from tap_clevertap.records.rows import NOT_AN_OBJECT
from tap_clevertap.records.values import as_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo

    from tap_clevertap.files.formats.line_blocks import LineBlock
    from tap_clevertap.files.rows import ReadOptions
    from tap_clevertap.records.rows import Record

NOT_JSON = "is not JSON"
PROPS = ("eventProps", "event_props")
SESSIONS = ("sessionProps", "session_props")
"""Two spellings of each: that of files, and that of the API."""
TOP_LEVEL = ("objectId", "identity", "profileData")
"""Members of a profile that the API may send next to it."""
NOT_OF_USER = frozenset(
    ("ts", "eventName", "profile", "deviceInfo", "session_source", *PROPS, *SESSIONS, *TOP_LEVEL)
)
STAMP_DIGITS = 14
UTC = "+00:00"

_decode = msgspec.json.Decoder(float_hook=exact_number).decode


def read_value(line: bytes) -> Any:  # noqa: ANN401 - any JSON value
    """Return the JSON value of a line, with broken text repaired.

    Raises:
        BadRowError: If it is not JSON.
    """
    try:
        return _decode(line)
    except UNREADABLE_JSON:
        pass
    try:
        return _decode(repair_json(line))
    except UNREADABLE_JSON:
        raise BadRowError(NOT_JSON) from None


def read_object(line: bytes) -> Record:
    """Return the JSON object of a line, with broken text repaired.

    Raises:
        BadRowError: If it is not an object.
    """
    value = read_value(line)
    if not isinstance(value, dict):
        message = "is not an object"
        raise BadRowError(message)
    return value


def read_line(block: LineBlock, number: int, line: bytes, options: ReadOptions) -> Record | None:
    """Return the object of a line of a block; a line without one goes to `bad_rows`.

    Raises:
        UnreadFileError: If it is the last line of a file that was not packed, and cut.
    """
    try:
        return read_object(line)
    except BadRowError as fault:
        reason = str(fault)
    if reason == NOT_JSON and block.ends_in(number) and not options.is_packed:
        message = f"is cut: line {number}, the last, ends early; export it again, or copy it again"
        raise UnreadFileError(message)
    options.bad_rows.collect(number, line, reason)
    return None


@dataclass(frozen=True)
class RowReader:
    """Makes a row of an object, whatever its members are."""

    zone: ZoneInfo
    """The project's."""
    name: str = ""
    """Of the event, where a row has none."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """As in `ReadOptions`."""

    def row(self, number: int, sent: Record) -> EventRows:
        """Return one row.

        Raises:
            BadRowError: If it has no name or time, or its profile is not an object.
        """
        row = arranged(sent, self.columns) if self.columns else sent
        event_name = as_text(row.get("eventName")) or self.name
        if not event_name:
            message = f"has no {shown('eventName')}, and the first line is no name"
            raise BadRowError(message)
        props, session = (one_of(row, names) for names in (PROPS, SESSIONS))
        profile = row.get("profile")
        if not isinstance(profile, dict | None):
            raise BadRowError(NOT_AN_OBJECT)
        user = {each: row.get(each) for each in TOP_LEVEL} | (profile or {})
        others = {
            name: value
            for name, value in row.items()
            if name not in NOT_OF_USER and value is not None
        }
        stamp, time = times_of(row.get("ts"), self.zone)
        device = row.get("deviceInfo")
        if not isinstance(device, dict):
            others |= {} if device is None else {"deviceInfo": device}
            device = {}
        return EventRows(
            [number],
            [event_name],
            [stamp],
            [encode_file_user(user, device, others)],
            [props],
            [session_block(session, row.get("session_source"))],
            [time],
        )


def one_of(row: Record, spellings: tuple[str, str]) -> Any:  # noqa: ANN401 - any JSON value
    """Return the member that has either name.

    Raises:
        BadRowError: If two have values.
    """
    one, other = (row.get(name) for name in spellings)
    if one is not None and other is not None and one != other:
        message = f"has {shown(spellings[0])} and {shown(spellings[1])}"
        raise BadRowError(message)
    return other if one is None else one


def times_of(ts: Any, zone: ZoneInfo) -> tuple[bytes, bytes]:  # noqa: ANN401 - any JSON value
    """Return a time as 14 digits, and its instant in UTC; it may be text or a decimal.

    Raises:
        BadRowError: If it is not a time.
    """
    if ts is None:
        message = f"has no {shown('ts')}"
        raise BadRowError(message)
    instant = event_time(ts, zone).removesuffix(UTC)
    stamp = b"%d" % int(ts)
    if len(stamp) != STAMP_DIGITS:
        message = f"has a {shown('ts')} before the year 1000"
        raise BadRowError(message)
    return stamp, instant.encode()
