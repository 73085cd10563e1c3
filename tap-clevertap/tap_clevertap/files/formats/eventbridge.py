"""EventBridge messages as Firehose writes them: one after another, a line each or with no line.

The detail of a message is an event, as a line of JSON files has it, or what CleverTap posts to
webhooks, with one or more users. A delivery may be repeated with another id, or from an archive;
equal details give equal keys if all are numbered 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, Literal

import msgspec

from tap_clevertap.files.formats.bridge_details import PROFILES, events_of_message
from tap_clevertap.files.formats.json_events import EventBlocks
from tap_clevertap.files.formats.json_rows import RowReader, read_object
from tap_clevertap.files.formats.json_stream import values_in
from tap_clevertap.files.formats.line_blocks import LineBlock
from tap_clevertap.records.errors import BadRowError
from tap_clevertap.records.exact_json import UNREADABLE_JSON

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from io import BufferedReader

    from tap_clevertap.files.rows import EventRows, ProfileRows, ReadOptions

MESSAGES_AT_A_TIME = 400
SEVERAL = b'"%b"' % PROFILES.encode()


class _Envelope(msgspec.Struct):
    """A message whose detail is an object."""

    detail: msgspec.Raw


_decode = msgspec.json.Decoder(_Envelope).decode


def kind_of(
    content: BufferedReader,  # noqa: ARG001 - as all readers
    columns: Mapping[str, str],  # noqa: ARG001 - as all readers
) -> Literal["events"]:
    """Return `events`: there are no others."""
    return "events"


def event_rows(content: BinaryIO, options: ReadOptions) -> Iterator[EventRows]:
    """Yield the rows of a file of messages, numbered by their messages.

    Raises:
        UnreadFileError: If the last message is cut, or one is longer than 16 MiB.
    """
    reader = _MessageReader(options)
    for number, message in values_in(content, options):
        yield from reader.take(number, message)
    yield from reader.rest()


def profile_rows(content: BinaryIO, options: ReadOptions) -> Iterator[ProfileRows]:  # noqa: ARG001 - as all readers
    """Yield nothing: the messages are of events."""
    yield from ()


class _MessageReader:
    """Reads messages with usual events together, and others one by one."""

    def __init__(self, options: ReadOptions) -> None:
        self._options = options
        self._events = EventBlocks("", options)
        self._one = RowReader(options.zone, "", options.columns)
        self._first = 0
        self._details: list[bytes] = []

    def take(self, number: int, message: bytes) -> Iterator[EventRows]:
        """Take a message, and yield rows of messages that were taken."""
        detail = _usual_detail(message)
        waiting = len(self._details)
        is_next = detail is not None and number == self._first + waiting
        if not is_next or waiting == MESSAGES_AT_A_TIME:
            yield from self.rest()
            self._first = number
        if detail is None:
            yield from self._rows_of(number, message)
        else:
            self._details.append(detail)

    def rest(self) -> Iterator[EventRows]:
        """Yield the rows of all messages that were taken, of which there may be none."""
        if self._details:
            lines = b"".join(detail + b"\n" for detail in self._details)
            self._details.clear()
            yield from self._events.rows(LineBlock(self._first, lines))

    def _rows_of(self, number: int, message: bytes) -> Iterator[EventRows]:
        try:
            sent = events_of_message(read_object(message), self._options.zone)
            rows = [self._one.row(number, event) for event in sent]
        except BadRowError as fault:
            self._options.bad_rows.collect(number, message, str(fault))
        else:
            yield from rows


def _usual_detail(message: bytes) -> bytes | None:
    """Return the detail of a message, in one line, if it can be one event."""
    try:
        detail = bytes(_decode(message).detail)
    except UNREADABLE_JSON:
        return None
    if not detail.startswith(b"{") or SEVERAL in detail.lower():
        return None
    return detail.replace(b"\n", b" ")
