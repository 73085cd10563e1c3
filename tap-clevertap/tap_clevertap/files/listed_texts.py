"""Lists that files of text have as one text in brackets [U: profile-exports]."""

from __future__ import annotations

from typing import Any

import msgspec

from tap_clevertap.records.exact_json import UNREADABLE_JSON

_decode_items = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_text = msgspec.json.Decoder(str).decode


def listed(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Return the list that a text in brackets stands for, and anything else as it is.

    The text is a JSON list, or has its items between commas, without quotes. Numbers keep their
    digits.
    """
    if not isinstance(value, str) or value[:1] != "[" or value[-1:] != "]":
        return value
    try:
        return [_item(bytes(each)) for each in _decode_items(value)]
    except UNREADABLE_JSON:
        inner = value[1:-1]
        return [each.strip(" ") for each in inner.split(",")] if inner.strip(" ") else []


def _item(sent: bytes) -> str | None:
    if sent.startswith(b'"'):
        return _decode_text(sent)
    return None if sent == b"null" else sent.decode()
