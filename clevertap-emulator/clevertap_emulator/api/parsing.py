"""Parsing of input that can be anything: JSON bodies, and numbers in parameters."""

from __future__ import annotations

import msgspec

JSON_ERRORS = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What `msgspec.json.decode` raises: malformed JSON, invalid UTF-8, too many nested values."""
MAX_DIGITS = 18


def is_list_of_texts(value: object) -> bool:
    """Return whether a value is a list, and all that is in it is text."""
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def parse_whole(text: str) -> int | None:
    """Return a number of at most 18 ASCII digits; None if it is not one."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= MAX_DIGITS else None
