"""What the body of a message says: its text without loss, and the members of its JSON object."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import msgspec

from tap_clevertap.records.depth import MOST_LEVELS, is_deeper
from tap_clevertap.records.exact_json import (
    UNREADABLE_JSON,
    exact_integer,
    exact_number,
    repair_json,
)

ENCODED = "data:,"
"""Begins a text with bytes as `%XX`, as URLs of this scheme have it (RFC 2397)."""
FIRST_ESCAPED = 0xDC80
"""The character that Python has for a byte 80 of broken UTF-8; those up to FF follow."""
PERCENT = {FIRST_ESCAPED + place: f"%{0x80 + place:02X}" for place in range(0x80)}
JSON_STARTS = ("{", "[", '"')

decode_value = msgspec.json.Decoder(float_hook=exact_number).decode
"""Decodes a part of a body, with the digits that were sent."""
_decode_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_check_all = msgspec.json.Decoder(msgspec.Raw).decode


class SentObject(NamedTuple):
    """The JSON object of a body."""

    members: dict[str, msgspec.Raw]
    is_exact: bool
    """Whether they hold all that was sent: no name twice in an object, no broken text, and no
    number that only a text can hold."""


def text_of(body: bytes) -> str:
    """Return a body as text from which its bytes can be had again.

    - UTF-8 is the text itself, as are UTF-16 and UTF-32 with a mark at their start, or of JSON; the
      mark is left out.
    - Anything else, text with a NUL, and text that begins so, is `data:,` and the bytes: those that
      are not UTF-8 as `%XX`, NUL as `%00`, and `%` as `%25`.
    """
    text = _decoded(body)
    if text is not None and "\0" not in text and not text.startswith(ENCODED):
        return text
    escaped = body.replace(b"%", b"%25").replace(b"\0", b"%00")
    return ENCODED + escaped.decode(errors="surrogateescape").translate(PERCENT)


def object_of(body: bytes) -> SentObject | None:
    """Return the JSON object of a body, broken text in it repaired.

    None stands for something else, and for an object that is nested too deeply.
    """
    text = _decoded(body)
    if text is not None:
        return _object_in(text)
    found = _object_in(body.decode(errors="replace"))
    return found and found._replace(is_exact=False)


def _object_in(text: str) -> SentObject | None:
    checked = _CheckedJson()
    try:
        checked.read(text)
        content = text.encode()
        is_valid = checked.has_plain_numbers and _is_valid(content)
        if not is_valid:
            content = repair_json(content)
        if _is_too_deep(content):
            return None
        return SentObject(_decode_members(content), is_valid and checked.has_distinct_names)
    except UNREADABLE_JSON:
        return None


def _decoded(body: bytes) -> str | None:
    """Return the text of a body, without a mark of its encoding; None if it has none."""
    encoding = json.detect_encoding(body)
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError:
        return None
    is_guess = encoding.endswith(("-le", "-be"))  # from the NULs between the letters of JSON
    return text if not is_guess or text.lstrip().startswith(JSON_STARTS) else None


def _is_valid(content: bytes) -> bool:
    """Return whether our decoders read some JSON, of which they refuse half characters."""
    try:
        _check_all(content)
    except UNREADABLE_JSON:
        return False
    return True


def _is_too_deep(content: bytes) -> bool:
    opened = content.count(b"{") + content.count(b"[")
    return opened > MOST_LEVELS and is_deeper(decode_value(content), MOST_LEVELS)


class _CheckedJson:
    """Reads JSON, and keeps only whether decoders lose something of it."""

    def __init__(self) -> None:
        self.has_distinct_names = True
        """Whether no object has a name twice."""
        self.has_plain_numbers = True
        """Whether each number has a value and no exponent or length beyond Python's."""
        self._decoder = json.JSONDecoder(
            object_pairs_hook=self._take_object,
            parse_float=self._take_decimal,
            parse_int=self._take_integer,
            parse_constant=self._take_constant,
        )

    def read(self, text: str) -> None:
        """Read a text; raise a ValueError if it is not JSON, or a RecursionError."""
        self._decoder.decode(text)

    def _take_object(self, members: list[tuple[str, Any]]) -> None:
        self.has_distinct_names &= len({name for name, _ in members}) == len(members)

    def _take_decimal(self, digits: str) -> None:
        self.has_plain_numbers &= not isinstance(exact_number(digits), str)

    def _take_integer(self, digits: str) -> None:
        self.has_plain_numbers &= not isinstance(exact_integer(digits), str)

    def _take_constant(self, _: str) -> None:
        self.has_plain_numbers = False
