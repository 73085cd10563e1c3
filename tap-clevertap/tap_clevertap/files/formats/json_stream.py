"""JSON values that follow each other, with or without anything between them."""

from __future__ import annotations

import json
import re
from codecs import getincrementaldecoder
from typing import TYPE_CHECKING, BinaryIO

from tap_clevertap.files.errors import UnreadFileError
from tap_clevertap.files.formats.json_rows import NOT_JSON
from tap_clevertap.files.formats.line_blocks import BLOCK_BYTES, LONGEST_LINE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_clevertap.files.rows import ReadOptions

LONGEST_MESSAGE = 1 << 20
"""In characters; EventBridge takes a quarter of it."""
_decoder = json.JSONDecoder(strict=False, parse_int=str, parse_float=str, parse_constant=str)
_space = re.compile(r"[\s\ufeff]*").match


def values_in(content: BinaryIO, options: ReadOptions) -> Iterator[tuple[int, bytes]]:
    """Yield the text of each value, and its number from 1; bytes that are not UTF-8 are replaced.

    What is not JSON goes to the bad rows, up to the end of its line.

    Raises:
        UnreadFileError: If the last value of a file that was not packed is cut, or one is longer
            than 16 MiB.
    """
    decode = getincrementaldecoder("utf-8")("replace").decode
    text, at, number, is_end = "", 0, 1, False
    while True:
        at = _end_of_space(text, at)
        end = _end_of_value(text, at)
        is_long = is_end or len(text) - at > LONGEST_MESSAGE
        if end and (end < len(text) or is_end):
            yield number, text[at:end].encode()
        elif is_long and not end and (end := text.find("\n", at) + 1):
            options.bad_rows.collect(number, text[at:end], NOT_JSON)
        elif is_end:
            break
        else:
            text = text[at:]
            _check_length(text, number)
            some = content.read(BLOCK_BYTES)
            text, at, is_end = text + decode(some, final=not some), 0, not some
            continue
        at, number = end, number + 1
    if at < len(text) and options.is_packed:
        options.bad_rows.collect(number, text[at:], NOT_JSON)
    elif at < len(text):
        message = f"is cut: message {number}, the last, ends early; export it again"
        raise UnreadFileError(message)


def _end_of_space(text: str, at: int) -> int:
    found = _space(text, at)
    return at if found is None else found.end()


def _end_of_value(text: str, at: int) -> int:
    """Return where a value ends, or 0 if it is not one, or not whole."""
    try:
        return _decoder.raw_decode(text, at)[1]
    except (ValueError, RecursionError):
        return 0


def _check_length(text: str, number: int) -> None:
    if len(text) > LONGEST_LINE:
        message = f"has a message of more than {LONGEST_LINE >> 20} MiB, message {number}"
        raise UnreadFileError(message)
