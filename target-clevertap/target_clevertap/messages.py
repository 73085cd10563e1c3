"""Reading Singer messages: exact numbers, errors without the line's content, and a way out."""

from __future__ import annotations

import math
import os
import select
import sys
from codecs import BOM_UTF8
from collections import Counter
from typing import IO, TYPE_CHECKING, Any, NoReturn

from singer_sdk.singerlib.encoding.base import GenericSingerReader
from typing_extensions import override

from target_clevertap.ahead import LARGEST_BYTES
from target_clevertap.errors import InputError
from target_clevertap.lines import UNREADABLE, decode_line, decode_value
from target_clevertap.tolerance import UnreadableError, read_with_care

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from target_clevertap.ahead import Ahead
    from target_clevertap.lines import Line

    Callbacks = dict[str, Callable[[dict[str, Any]], None]]

CHUNK_BYTES = 1 << 18
POLL_SECONDS = 0.1
LONGEST_LINE_BYTES = 64 << 20
"""Sixteen times what a request may hold: what is longer is no record that could be sent."""
SCHEMA = b'"SCHEMA"'
OTHER_ENCODINGS = {
    b"\xff\xfe\0\0": "UTF-32",
    b"\0\0\xfe\xff": "UTF-32",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
    b"{\0\0\0": "UTF-32",
    b"\0\0\0{": "UTF-32",
    b"{\0": "UTF-16",
    b"\0{": "UTF-16",
}
"""Encodings by how their text begins: a byte order mark, or the brace of a message."""
MESSAGE_TYPES = ("RECORD", "SCHEMA", "STATE", "ACTIVATE_VERSION", "BATCH")


class MessageReader(GenericSingerReader[bytes]):
    """Calls back for each message of the input.

    - Numbers come as int and Decimal, whatever their size.
    - Errors name the line and never hold what stands in it: the SDK's own reader logs the line.
    - Between chunks `between` is called; it raises to end the input (a signal, an error of a
      lane), else says in how many seconds it has to be called again. `wake` makes it be called
      though no input comes.
    """

    def __init__(self) -> None:
        """Make a reader that nobody has to wake yet."""
        super().__init__()
        self.between: Callable[[], float | None] = lambda: None
        self.check: Callable[[], None] = lambda: None
        self.line_number = 0
        self.descriptor: int | None = None
        self.ahead: Ahead | None = None
        self._callbacks: Callbacks = {}
        self._counts: Counter[str] = Counter()
        self._wake_reader, self._wake_writer = os.pipe()
        os.set_blocking(self._wake_writer, False)
        os.set_blocking(self._wake_reader, False)

    def wake(self) -> None:
        """Have `between` called soon; may be used from any thread and from a signal handler."""
        try:
            os.write(self._wake_writer, b"!")
        except BlockingIOError:
            return  # the pipe is full of earlier calls that nobody has answered yet

    @override
    @property
    def default_input(self) -> IO[bytes]:
        return sys.stdin.buffer

    @override
    def process_lines(self, file_input: IO[Any] | None, callbacks: Callbacks) -> Counter[str]:
        self._callbacks, self._counts = callbacks, Counter()
        given = self.default_input if file_input is None else file_input
        self.descriptor = _descriptor(given)
        if self.descriptor is None:
            for line in self._ready_lines(given):
                self._take(line)
            return self._counts
        for lines in self._patient_lines(self.descriptor):
            self._take_lines(lines)
        self._take_all_prepared()
        return self._counts

    def _take(self, line: bytes) -> None:
        self.line_number += 1
        line = line.removeprefix(BOM_UTF8)  # some editors and shells put one before a file
        if not line or line.isspace():
            return
        message = self.deserialize_json(line)
        self._callbacks[message["type"]](message)
        self._counts[message["type"]] += 1

    @override
    def deserialize_json(self, line: bytes) -> dict[str, Any]:
        try:
            message = decode_line(line)
            record = decode_value(message.record) if message.record else None
            bytes(message.value).decode()  # what is passed on unread
        except UNREADABLE:
            message, record = self._read_with_care(line)
        if message.type not in MESSAGE_TYPES:
            self._refuse(f"the message type is none of {', '.join(MESSAGE_TYPES)}")
        return {
            "type": message.type,
            "stream": message.stream,
            "record": record,
            "raw": message.record,
            "replayed": bool(message.code),
            "stream_alias": message.stream_alias,
            "rejected_at": message.rejected_at,
            "schema": message.schema,
            "key_properties": message.key_properties,
            "bookmark_properties": message.bookmark_properties,
            "state": message.value,
            "line": line,
        }

    def _read_with_care(self, line: bytes) -> tuple[Line, Any]:
        for beginning, encoding in OTHER_ENCODINGS.items():
            if line.startswith(beginning):
                self._refuse(
                    f"it is {encoding}; Singer messages are UTF-8, so write the file as that"
                )
        try:
            return read_with_care(line)
        except UnreadableError as error:
            self._refuse(str(error))

    def _refuse(self, fault: str) -> NoReturn:
        message = f"line {self.line_number} of the input cannot be read: {fault}"
        raise InputError(message) from None

    def _ready_lines(self, file_input: Iterable[str | bytes]) -> Iterator[bytes]:
        for line in getattr(file_input, "buffer", file_input):
            if self.line_number % 1000 == 0:
                self.between()
            yield line.encode(errors="surrogateescape") if isinstance(line, str) else line

    def _patient_lines(self, descriptor: int) -> Iterator[bytes]:
        """Yield whole lines as they come, many at once."""
        begun: list[bytes] = []
        length = 0
        for chunk in self._chunks(descriptor):
            end = chunk.rfind(b"\n") + 1
            if not end:
                begun.append(chunk)
                length += len(chunk)
                self._stop_if_too_long(length)
                continue
            yield b"".join((*begun, chunk[:end]))
            begun, length = [chunk[end:]], len(chunk) - end
        if any(begun):
            yield b"".join(begun)

    def _stop_if_too_long(self, length: int) -> None:
        if length > LONGEST_LINE_BYTES:
            self._take_all_prepared()
            self.line_number += 1
            self._refuse(f"it is longer than {LONGEST_LINE_BYTES >> 20} MB")

    def _chunks(self, descriptor: int) -> Iterator[bytes]:
        while True:
            self._take_prepared()
            is_full = self.ahead is not None and self.ahead.is_full
            watched = [self._wake_reader] if is_full else [self._wake_reader, descriptor]
            ready = _ready(watched, self.between())
            if self._wake_reader in ready:
                os.read(self._wake_reader, CHUNK_BYTES)
            if descriptor not in ready:
                continue
            if not (chunk := self._read(descriptor)):
                return
            yield chunk

    def _read(self, descriptor: int) -> bytes:
        try:
            return os.read(descriptor, CHUNK_BYTES)
        except OSError as error:
            message = f"the input cannot be read: {error.strerror}"
        self._take_all_prepared()
        raise InputError(message)

    def _take_lines(self, lines: bytes) -> None:
        """Take whole lines, or have them prepared; up to a new SCHEMA one by one."""
        if end := self._end_of_schemas(lines):
            self._take_all_prepared()
            self._take_one_by_one(lines[:end])
            lines = lines[end:]
        if len(lines) > LARGEST_BYTES:
            self._take_all_prepared()
            self._take_one_by_one(lines)
        elif lines and self.ahead is not None and self.ahead.wants(lines):
            self.ahead.put(lines)
        elif lines:
            self._take_one_by_one(lines)

    def _end_of_schemas(self, lines: bytes) -> int:
        """Return where the last line ends that may be a SCHEMA which is not known yet, or 0."""
        start = len(lines)
        while (found := lines.rfind(SCHEMA, 0, start)) >= 0:
            start = lines.rfind(b"\n", 0, found) + 1
            end = lines.find(b"\n", found) + 1 or len(lines)
            if self.ahead is None or not self.ahead.knows(lines[start:end]):
                return end
        return 0

    def _take_one_by_one(self, lines: bytes) -> None:
        for line in lines.removesuffix(b"\n").split(b"\n"):
            self._take(line)

    def _take_all_prepared(self) -> None:
        while self.ahead is not None and not self.ahead.is_empty:
            self.check()
            self._take_prepared(POLL_SECONDS)

    def _take_prepared(self, seconds: float = 0) -> None:
        while self.ahead is not None and (stretch := self.ahead.take(seconds)) is not None:
            position = 0
            for part in stretch.answer.result():
                end = position + part.length
                if self.ahead.add(stretch, part):
                    self.line_number += part.lines
                    self._counts["RECORD"] += part.lines
                else:
                    self._take_one_by_one(stretch.content[position:end])
                position = end


def _ready(descriptors: Iterable[int], seconds: float | None) -> set[int]:
    """Wait until one can be read, whatever its number: `select` takes none from 1024 on."""
    poll = select.poll()
    for descriptor in descriptors:
        poll.register(descriptor, select.POLLIN)
    found = poll.poll(None if seconds is None else math.ceil(seconds * 1000))
    return {descriptor for descriptor, _ in found}


def _descriptor(file_input: IO[Any]) -> int | None:
    try:
        return file_input.fileno()
    except OSError:
        return None  # text in memory, as tests give it
