"""Singer lines as they are decoded, many at once where they are plain."""

from __future__ import annotations

from typing import Any

import msgspec

from target_clevertap.records.exact_json import UNREADABLE, known_number

DOUBTFUL = (b'"uncertain"', b'"unmatched"')
"""The codes, as they are in a line, of records that CleverTap may have."""


class Line(msgspec.Struct, gc=False):
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
    rejected_at: Any = None

    @property
    def is_replay(self) -> bool:
        """Whether it is a reject that is sent again."""
        return bool(self.code)

    @property
    def is_doubtful(self) -> bool:
        """Whether CleverTap may have that reject, by its code."""
        return bytes(self.code) in DOUBTFUL


decode_line = msgspec.json.Decoder(Line, float_hook=known_number).decode
_decode_many = msgspec.json.Decoder(Line, float_hook=known_number).decode_lines


def decode_lines(content: bytes) -> list[Line] | None:
    """Return the message of each line; None where they have to be read one by one.

    The decoder takes messages, not lines: it passes over blank ones, and takes a message of two
    lines, or two of one. A line end between two braces is between two messages.

    Args:
        content: Whole lines; the last one may lack its end.
    """
    try:
        found = _decode_many(content)
    except UNREADABLE:
        return None
    is_ended = content.endswith(b"\n")
    between = len(found) - 1
    if content.count(b"\n") != between + is_ended or content.count(b"}\n{") != between:
        return None
    return found
