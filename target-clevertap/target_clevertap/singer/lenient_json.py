"""Reads lines that the fast reader refuses, so that a bad value makes one reject, not a failed run.

- NaN, infinities and unpaired surrogates are read as Python reads them.
- A byte that is not UTF-8 becomes an unpaired surrogate.
- A number with too many digits becomes NaN.
- A value that is nested too deeply becomes another value that is nested too deeply.

If such a value has to be sent, its record is rejected. The reject has the record as it came.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec

from target_clevertap.records.exact_json import number
from target_clevertap.singer.lines import Line

if TYPE_CHECKING:
    from collections.abc import Callable

LEVELS = 200
"""Levels of nesting that are read; Python's own reader ends at about a thousand."""

STRINGS_AND_BRACKETS = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[][{}]', re.DOTALL)
CUT_OFF = "NaN"
"""The text in place of a deeper value."""

DEEPER_THAN_ANYTHING = 10_000
"""More levels than any code can walk through."""


class UnreadableError(Exception):
    """The line is not a Singer message, or a message other than RECORD has a bad value."""


def read_leniently(line: bytes) -> tuple[Line, Any]:
    """Return a message, and the record in it.

    Raises:
        UnreadableError: With what is wrong, without the content of the line.
    """
    text = _text(line)
    found, fault = _found_members(text)
    values = {name: value for name, (value, _) in found.items()}
    if not isinstance(values.get("type"), str):
        raise UnreadableError(fault or "it has no message type")
    if not isinstance(values.get("stream"), str | None):
        raise UnreadableError(fault or "its stream is not a string")
    if fault and values["type"] != "RECORD":
        raise UnreadableError(fault)
    return _message(values, {name: text for name, (_, text) in found.items()}), values.get("record")


def read_record_leniently(row: bytes) -> Any:  # noqa: ANN401 - any JSON value
    """Return the record in a row of a batch file.

    Raises:
        UnreadableError: With what is wrong, without the content of the row.
    """
    text = _text(row)
    fault = None if _is_whole(text) else "it is not UTF-8"
    try:
        return _value(text, constant=Decimal)
    except json.JSONDecodeError as error:
        raise UnreadableError(fault or f"it is not valid JSON at column {error.pos + 1}") from None
    except RecursionError:
        pass
    try:
        return _value(_cut_off(text), constant=lambda _: _too_deep())
    except (json.JSONDecodeError, RecursionError):
        fault = fault or "it is nested too deeply and is not valid JSON"
        raise UnreadableError(fault) from None


def _value(text: str, constant: Callable[[str], Any]) -> Any:  # noqa: ANN401 - any JSON value
    """Return the value that a text is, with nothing around it but white space."""
    value, end = _decoder(constant).raw_decode(text, _skip(text, 0))
    if (rest := _skip(text, end)) != len(text):
        fault = "extra data"
        raise json.JSONDecodeError(fault, text, rest)
    return value


def _decoder(constant: Callable[[str], Any]) -> json.JSONDecoder:
    return json.JSONDecoder(parse_float=_number, parse_int=_integer, parse_constant=constant)


def _found_members(text: str) -> tuple[dict[str, tuple[Any, str]], str | None]:
    """Return the members of a message, and what is wrong with it if it can be read anyway."""
    fault = None if text.isascii() or _is_whole(text) else "it is not UTF-8"
    try:
        found = _members(text, text)
    except RecursionError:
        fault = fault or "it is nested too deeply"
        found = _shallow_members(text)
    except json.JSONDecodeError as error:
        raise UnreadableError(fault or f"it is not valid JSON at column {error.pos + 1}") from None
    if found is None:
        raise UnreadableError(fault or "it is not a JSON object")
    return found, fault


def _message(values: dict[str, Any], texts: dict[str, str]) -> Line:
    raw = {name: msgspec.Raw(_bytes(text)) for name, text in texts.items()}
    return Line(
        type=values["type"],
        stream=values.get("stream"),
        record=raw.get("record", msgspec.Raw()),
        schema=values.get("schema"),
        value=raw.get("value", msgspec.Raw()),
        key_properties=values.get("key_properties"),
        bookmark_properties=values.get("bookmark_properties"),
        code=raw.get("code", msgspec.Raw()),
        stream_alias=values.get("stream_alias"),
        rejected_at=values.get("rejected_at"),
    )


def _text(line: bytes) -> str:
    return line.decode(errors="surrogateescape")


def _is_whole(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogateescape")


def _shallow_members(text: str) -> dict[str, tuple[Any, str]] | None:
    try:
        return _members(_cut_off(text), text)
    except (json.JSONDecodeError, RecursionError):
        fault = "it is nested too deeply and is not valid JSON"
        raise UnreadableError(fault) from None


def _cut_off(text: str) -> str:
    """Return JSON of the same length in which nothing is nested too deeply."""
    parts: list[str] = []
    depth = end = start = 0
    for token in STRINGS_AND_BRACKETS.finditer(text):
        depth += token[0] in "[{"
        if depth == LEVELS and token[0] in "[{":
            start = token.start()
        elif depth == LEVELS and token[0] in "]}" and token.end() - start > len(CUT_OFF):
            parts += (text[end:start], CUT_OFF.ljust(token.end() - start))
            end = token.end()
        depth -= token[0] in "]}"
    return "".join((*parts, text[end:]))


def _members(text: str, original: str) -> dict[str, tuple[Any, str]] | None:
    """Return each member of a JSON object with its value and the text of it, exactly as it came.

    Args:
        text: The object.
        original: The same text before values were cut off; of the same length.

    Raises:
        JSONDecodeError: When it is not JSON.
        RecursionError: When it is nested too deeply.
    """
    decoder = _decoder(Decimal if text is original else lambda _: _too_deep())
    whole, end = decoder.raw_decode(text, _skip(text, 0))
    if (rest := _skip(text, end)) != len(text):
        fault = "extra data"
        raise json.JSONDecodeError(fault, text, rest)
    if not isinstance(whole, dict):
        return None
    found: dict[str, tuple[Any, str]] = {}
    position = _skip(text, text.index("{") + 1)
    while text[position] != "}":
        name, end = decoder.raw_decode(text, position)
        start = _skip(text, _skip(text, end) + 1)
        value, end = decoder.raw_decode(text, start)
        found[name] = (value, original[start:end])
        position = _skip(text, end)
        position = _skip(text, position + 1) if text[position] == "," else position
    return found


def _number(text: str) -> int | Decimal:
    try:
        return number(text)
    except (InvalidOperation, ValueError):  # more digits than Python reads
        return Decimal("NaN")


def _integer(text: str) -> int | Decimal:
    try:
        return int(text)
    except ValueError:  # more digits than Python reads
        return Decimal("NaN")


@cache
def _too_deep() -> list[Any]:
    nested: list[Any] = []
    for _ in range(DEEPER_THAN_ANYTHING):
        nested = [nested]
    return nested


def _skip(text: str, position: int) -> int:
    while position < len(text) and text[position] in " \t\r\n":
        position += 1
    return position
