"""Reading Singer messages: exact numbers, errors without the line's content, and a way out."""

from __future__ import annotations

import math
import os
import select
import sys
from codecs import BOM_UTF8
from collections import Counter
from itertools import islice
from typing import IO, TYPE_CHECKING, Any, NoReturn

from singer_sdk.singerlib.encoding.base import GenericSingerReader
from typing_extensions import override

from target_clevertap.errors import InputError
from target_clevertap.records.exact_json import UNREADABLE, decode_value
from target_clevertap.singer.lenient_json import UnreadableError, read_leniently
from target_clevertap.singer.lines import decode_line, decode_lines
from target_clevertap.singer.whole_lines import CHUNK_BYTES, TOO_LONG, other_encoding, whole_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from target_clevertap.singer.lines import Line

LINES_AT_ONCE = 1000
"""Of an input that is not a file or a pipe."""

MESSAGE_TYPES = ("RECORD", "SCHEMA", "STATE", "ACTIVATE_VERSION", "BATCH")
ADVICE = "only Singer messages of a tap belong there, so see what wrote this line"


class MessageReader(GenericSingerReader[bytes]):
    """Yields the messages of the input, and None whenever it may have to wait for more.

    - Numbers come as int and Decimal, whatever their size.
    - Errors name the line and never hold what is in it: the SDK's own reader logs the line.
    - `wake` makes it yield None soon though no input comes.
    """

    def __init__(self) -> None:
        super().__init__()
        self.line_number = 0
        """Of the last message."""

        self.descriptor: int | None = None
        """Of the input; None for text in memory."""

        self._input: IO[Any] | None = None
        self._lines = b""
        self._first = 1
        self._wake_reader: int | None = None
        self._wake_writer: int | None = None

    def open(self, file_input: IO[Any] | None) -> None:
        """Prepare to read.

        Args:
            file_input: The input; standard input without one.
        """
        self._input = self.default_input if file_input is None else file_input
        self.descriptor = _descriptor(self._input)
        if self._wake_reader is None:
            self._wake_reader, self._wake_writer = os.pipe()
            os.set_blocking(self._wake_writer, False)
            os.set_blocking(self._wake_reader, False)

    def wake(self) -> None:
        """Have None yielded soon; may be used from any thread and from a signal handler."""
        if self._wake_writer is None:
            return
        try:
            os.write(self._wake_writer, b"!")
        except BlockingIOError:
            return  # the pipe is full of earlier calls that nobody has answered yet

    @override
    @property
    def default_input(self) -> IO[bytes]:
        return sys.stdin.buffer

    @override
    def process_lines(  # the way of the SDK's own tests: a run takes the chunks itself
        self, file_input: IO[Any] | None, callbacks: dict[str, Callable[[Any], None]]
    ) -> Counter[str]:
        self.open(file_input)
        counts: Counter[str] = Counter()
        for messages in self.chunks(lambda: None):
            for message in messages or ():
                self.line_number += 1
                callbacks[message.type](self.checked(message))
                counts[message.type] += 1
        return counts

    def chunks(self, patience: Callable[[], float | None]) -> Iterator[list[Line] | None]:
        """Yield the messages in their order, as many at once as have come.

        Who takes them adds each to `line_number`, and has each `checked`.

        Args:
            patience: Says in how many seconds None is due, should no input come; None for never.

        Raises:
            InputError: For what cannot be read.
        """
        for lines in whole_lines(self._chunks(patience), self._too_long):
            if lines is None:
                yield None
            elif (messages := decode_lines(lines)) is None:
                yield from self._one_by_one(lines)
            else:
                self._lines, self._first = lines, self.line_number + 1
                yield messages

    def _one_by_one(self, lines: bytes) -> Iterator[list[Line]]:
        first = self.line_number + 1
        for number, line in enumerate(lines.removesuffix(b"\n").split(b"\n"), first):
            self.line_number = number
            self._lines, self._first = line.removeprefix(BOM_UTF8), number
            if self._lines and not self._lines.isspace():
                message = self.deserialize_json(self._lines)
                self.line_number -= 1
                yield [message]
        self.line_number = number

    @property
    def line(self) -> bytes:
        """The line of the last message."""
        return self._lines.split(b"\n", self.line_number - self._first + 1)[
            self.line_number - self._first
        ]

    @override
    def deserialize_json(self, line: bytes) -> Line:  # type: ignore[override]  # instead of a dict
        try:
            message = decode_line(line)
        except UNREADABLE:
            message, _ = self._read_leniently(line)
        return self.checked(message)

    def checked(self, message: Line) -> Line:
        """Return the last message as it is to be understood.

        Raises:
            InputError: For what cannot be read.
        """
        if message.type != "RECORD":
            try:
                if message.record:
                    decode_value(message.record)
                bytes(message.value).decode()  # what is passed on unread
            except UNREADABLE:
                message, _ = self._read_leniently(self.line)
        if message.type not in MESSAGE_TYPES:
            self._refuse(f"its message type is none of {', '.join(MESSAGE_TYPES)}")
        return message

    def record(self, message: Line) -> Any:  # noqa: ANN401 - any JSON value
        """Return the record in the last message, None where there is none.

        Raises:
            InputError: For what cannot be read.
        """
        if not message.record:
            return None
        try:
            return decode_value(message.record)
        except UNREADABLE:
            return self._read_leniently(self.line)[1]

    def _read_leniently(self, line: bytes) -> tuple[Line, Any]:
        if (encoding := other_encoding(line)) is not None:
            self._refuse(f"it is {encoding}", "write the file as UTF-8")
        try:
            return read_leniently(line)
        except UnreadableError as error:
            self._refuse(str(error))

    def _refuse(self, fault: str, advice: str = ADVICE) -> NoReturn:
        message = f"line {self.line_number} of the input: it cannot be read ({fault}); {advice}"
        raise InputError(message) from None

    def _too_long(self) -> NoReturn:
        self.line_number += 1
        self._refuse(TOO_LONG)

    def _chunks(self, patience: Callable[[], float | None]) -> Iterator[bytes | None]:
        if self.descriptor is None:
            yield from self._chunks_in_memory()
            return
        assert self._wake_reader is not None  # noqa: S101 - it is open
        watched = (self._wake_reader, self.descriptor)
        while True:
            yield None
            ready = _ready(watched, patience())
            if self._wake_reader in ready:
                os.read(self._wake_reader, CHUNK_BYTES)
            if self.descriptor not in ready:
                continue
            if not (chunk := _read(self.descriptor)):
                return
            yield chunk

    def _chunks_in_memory(self) -> Iterator[bytes | None]:
        given = self._input
        lines = iter(getattr(given, "buffer", given) or ())
        while some := [*islice(lines, LINES_AT_ONCE)]:
            yield None
            yield b"".join(
                line.encode(errors="surrogateescape") if isinstance(line, str) else line
                for line in some
            )


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, CHUNK_BYTES)
    except OSError as error:
        message = f"the input: it cannot be read ({error.strerror}); give it a tap or a file"
    raise InputError(message)


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
