"""Reading Singer messages: exact numbers, errors without the line's content, and a way out."""

from __future__ import annotations

import json
import os
import select
import sys
from collections import Counter
from decimal import Decimal, InvalidOperation
from typing import IO, TYPE_CHECKING, Any, NoReturn

import msgspec
from singer_sdk.singerlib.encoding.base import GenericSingerReader
from typing_extensions import override

from target_clevertap.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

CHUNK_BYTES = 1 << 20
MESSAGE_TYPES = ("RECORD", "SCHEMA", "STATE", "ACTIVATE_VERSION", "BATCH")


class Line(msgspec.Struct):
    """One Singer message, its record and state kept as the bytes that came."""

    type: str
    stream: str | None = None
    record: msgspec.Raw = msgspec.Raw()
    schema: Any = None
    value: msgspec.Raw = msgspec.Raw()
    key_properties: Any = None
    bookmark_properties: Any = None
    code: msgspec.Raw = msgspec.Raw()
    stream_alias: Any = None


UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError, InvalidOperation)
"""The last is a Decimal's, for an exponent of more digits than it has room for."""

LONGEST_SPELLED = 30
"""Digits up to which a number with an exponent is written without it."""


def number(text: str) -> int | Decimal:
    """Return a number exactly, and equal ones alike: 1.50 and 1.5, 2.0, 2 and 2e0.

    What was delivered is known by a hash of what was sent, and a column that changes its type is
    written otherwise.

    Raises:
        InvalidOperation: For an exponent of more digits than a Decimal has room for.
    """
    if "e" in text or "E" in text:
        value = Decimal(text)
        if abs(value.adjusted()) > LONGEST_SPELLED:
            return value
        text = f"{value:f}"
        if "." not in text:
            return int(text)
    text = text.rstrip("0")
    return int(text[:-1]) if text.endswith(".") else Decimal(text)


decode_line = msgspec.json.Decoder(Line, float_hook=number).decode
decode_value = msgspec.json.Decoder(float_hook=number).decode


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
    def process_lines(
        self, file_input: IO[Any] | None, callbacks: dict[str, Callable[[dict[str, Any]], None]]
    ) -> Counter[str]:
        counts: Counter[str] = Counter()
        self.descriptor = _descriptor(file_input or self.default_input)
        lines = self._patient_lines() if file_input is None else self._ready_lines(file_input)
        for line in lines:
            self.line_number += 1
            if not line or line.isspace():
                continue
            message = self.deserialize_json(line)
            callbacks[message["type"]](message)
            counts[message["type"]] += 1
        return counts

    @override
    def deserialize_json(self, line: bytes) -> dict[str, Any]:
        try:
            message = decode_line(line)
            record = decode_value(message.record) if message.record else None
        except UNREADABLE:
            # the C decoder knows neither NaN nor lone surrogates: only the record is at fault then
            message, record = self._tolerant_message(line)
        if message.type not in MESSAGE_TYPES:
            self._refuse(f"the message type is none of {', '.join(MESSAGE_TYPES)}")
        return {
            "type": message.type,
            "stream": message.stream,
            "record": record,
            "raw": message.record,
            "replayed": bool(message.code),
            "stream_alias": message.stream_alias,
            "schema": message.schema,
            "key_properties": message.key_properties,
            "bookmark_properties": message.bookmark_properties,
            "state": message.value,
            "line": line,
        }

    def _tolerant_message(self, line: bytes) -> tuple[Line, Any]:
        try:
            members = _members(line.decode())
        except UnicodeDecodeError:
            self._refuse("it is not UTF-8")
        except json.JSONDecodeError as error:
            self._refuse(f"it is not valid JSON at column {error.pos + 1}")
        except RecursionError:
            self._refuse("it is nested too deeply")
        except ValueError:
            self._refuse("it holds an integer of more digits than can be read")
        if members is None:
            self._refuse("it is not a JSON object")
        values = {name: value for name, (value, _) in members.items()}
        if not isinstance(values.get("type"), str):
            self._refuse("it has no message type")
        if not isinstance(values.get("stream"), str | None):
            self._refuse("its stream is not a string")
        raw = {name: msgspec.Raw(text.encode()) for name, (_, text) in members.items()}
        message = Line(
            type=values["type"],
            stream=values.get("stream"),
            record=raw.get("record", msgspec.Raw()),
            schema=values.get("schema"),
            value=raw.get("value", msgspec.Raw()),
            key_properties=values.get("key_properties"),
            bookmark_properties=values.get("bookmark_properties"),
            code=raw.get("code", msgspec.Raw()),
            stream_alias=values.get("stream_alias"),
        )
        return message, values.get("record")

    def _refuse(self, fault: str) -> NoReturn:
        message = f"line {self.line_number} of the input cannot be read: {fault}"
        raise InputError(message) from None

    def _ready_lines(self, file_input: Iterable[str | bytes]) -> Iterator[bytes]:
        for line in getattr(file_input, "buffer", file_input):
            if self.line_number % 1000 == 0:
                self.between()
            yield line.encode(errors="surrogateescape") if isinstance(line, str) else line

    def _patient_lines(self) -> Iterator[bytes]:
        parts: list[bytes] = []
        for chunk in self._chunks():
            first, *rest = chunk.split(b"\n")
            parts.append(first)
            if not rest:
                continue
            yield b"".join(parts)
            yield from rest[:-1]
            parts = [rest[-1]]
        if parts != [b""]:
            yield b"".join(parts)

    def _chunks(self) -> Iterator[bytes]:
        descriptor = self.default_input.fileno()
        while True:
            ready, _, _ = select.select([descriptor, self._wake_reader], [], [], self.between())
            if self._wake_reader in ready:
                os.read(self._wake_reader, CHUNK_BYTES)
            if descriptor not in ready:
                continue
            if not (chunk := os.read(descriptor, CHUNK_BYTES)):
                return
            yield chunk


def _descriptor(file_input: IO[Any]) -> int | None:
    try:
        return file_input.fileno()
    except OSError:
        return None  # text in memory, as tests give it


def _members(text: str) -> dict[str, tuple[Any, str]] | None:
    """Return each member of a JSON object with its value and the text of it, exactly as it came."""
    decoder = json.JSONDecoder(parse_float=_number, parse_constant=Decimal)
    whole, end = decoder.raw_decode(text, _skip(text, 0))
    if (rest := _skip(text, end)) != len(text):
        fault = "extra data"
        raise json.JSONDecodeError(fault, text, rest)
    if not isinstance(whole, dict):
        return None
    members: dict[str, tuple[Any, str]] = {}
    position = _skip(text, text.index("{") + 1)
    while text[position] != "}":
        name, end = decoder.raw_decode(text, position)
        start = _skip(text, _skip(text, end) + 1)
        value, end = decoder.raw_decode(text, start)
        members[name] = (value, text[start:end])
        position = _skip(text, end)
        position = _skip(text, position + 1) if text[position] == "," else position
    return members


def _number(text: str) -> int | Decimal:
    try:
        return number(text)
    except InvalidOperation:
        return Decimal("NaN")  # no double holds it: to be refused where it is sent


def _skip(text: str, position: int) -> int:
    while position < len(text) and text[position] in " \t\r\n":
        position += 1
    return position
