"""Values as a format has them: JSON as it is, or text, or members of a struct."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from clevertap_emulator.data.events import NULL, to_json

if TYPE_CHECKING:
    from collections.abc import Iterable

JsonObject = dict[str, msgspec.Raw]
"""Values as JSON, with their digits."""
_decode_text = msgspec.json.Decoder(str).decode
_decode_object = msgspec.json.Decoder(JsonObject | None).decode


def object_of(text: bytes) -> JsonObject | None:
    """Return a JSON object, or null, with each value as it is written."""
    found: JsonObject | None = _decode_object(text)
    return found


def raw(value: object) -> msgspec.Raw:
    """Return a value as JSON."""
    return msgspec.Raw(to_json(value))


def as_text(value: msgspec.Raw) -> str | None:
    """Return a value as text formats have it: null is None, and a list or an object is JSON."""
    text = bytes(value)
    if text == NULL:
        return None
    return _decode_text(text) if text[:1] == b'"' else text.decode()


def plain_text(value: object) -> str | None:
    """Return a value of a user as text formats have it."""
    return as_text(raw(value))


def texts(block: JsonObject | None) -> dict[str, str]:
    """Return what text formats have of properties; null is absent."""
    found = ((name, as_text(value)) for name, value in (block or {}).items())
    return {name: text for name, text in found if text is not None}


def listed(identities: Iterable[str], number: int) -> str:
    """Return identities as a text with a list, in either form that samples may have."""
    return (
        json.dumps([*identities], ensure_ascii=False)
        if number % 2
        else f"[{', '.join(identities)}]"
    )


def decimal_digits(text: str) -> int:
    """Return how many digits a number has, without zeros around them."""
    return len(Decimal(text).normalize().as_tuple().digits)


def without_nulls(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the members that are not None."""
    return {name: value for name, value in fields.items() if value is not None}
