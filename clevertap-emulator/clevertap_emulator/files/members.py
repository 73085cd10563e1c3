"""The members of structs that Parquet files hold values in [LF, U:profile-exports]."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from clevertap_emulator.data.events import NULL
from clevertap_emulator.files.settings import ParquetLayout
from clevertap_emulator.files.values import as_text, decimal_digits, raw

if TYPE_CHECKING:
    import msgspec

    from clevertap_emulator.files.values import JsonObject

FLOAT_DIGITS = 4
"""Numbers of so many digits are in the member of 32 bits, which gives them back exactly."""
INT32, INT64 = 1 << 31, 1 << 63


class Members(NamedTuple):
    """Which member holds which kind of value; None where another kind holds it as well."""

    text: str
    boolean: str
    integer: str
    small_integer: str | None = None
    double: str = "member4"
    single: str | None = None
    mapping: str | None = None


MEMBERS = {
    ParquetLayout.MAP: Members("member5", "member0", "member2", "member1", "member4", "member3"),
    ParquetLayout.LIST: Members("member5", "member0", "member2", "member1", "member4", "member3"),
    ParquetLayout.OTHER: Members(
        "member0", "member3", "member1", double="member2", mapping="member6"
    ),
}


class HeldValue(NamedTuple):
    """A value in its member."""

    member: str
    value: Any


def held(value: msgspec.Raw, members: Members) -> HeldValue | None:
    """Return where a value is held; None for null.

    Integers that no member holds, lists, and objects are text.
    """
    text = bytes(value)
    if text == NULL:
        return None
    if text in {b"true", b"false"}:
        return HeldValue(members.boolean, text == b"true")
    if text[:1] == b'"':
        return HeldValue(members.text, as_text(value))
    if text[:1] in b"[{":
        return _held_object(text, members)
    return _held_number(text.decode(), members)


def _held_object(text: bytes, members: Members) -> HeldValue:
    found = json.loads(text)
    is_of_texts = isinstance(found, dict) and all(isinstance(v, str) for v in found.values())
    if members.mapping and is_of_texts:
        return HeldValue(members.mapping, [*found.items()])
    return HeldValue(members.text, text.decode())


def _held_number(text: str, members: Members) -> HeldValue:
    if text.lstrip("-").isdigit():
        number = int(text)
        if members.small_integer and -INT32 <= number < INT32:
            return HeldValue(members.small_integer, number)
        fits = -INT64 <= number < INT64
        return HeldValue(members.integer, number) if fits else HeldValue(members.text, text)
    if members.single and decimal_digits(text) <= FLOAT_DIGITS:
        return HeldValue(members.single, float(text))
    return HeldValue(members.double, float(text))


class ParquetView:
    """What Parquet keeps of values: a decimal without zeros at its end, and lists as text."""

    def __init__(self, layout: ParquetLayout) -> None:
        self._members = MEMBERS[layout]

    def block(self, block: JsonObject | None) -> dict[str, Any] | None:
        """Return each value as it is held."""
        return block and {name: self._value(value) for name, value in block.items()}

    def scalar(self, value: Any) -> Any:  # noqa: ANN401 - any JSON value
        """Return a value as it is held."""
        return self._value(raw(value))

    def choices(self, groups: dict[str, bool]) -> Any:  # noqa: ANN401 - any JSON value
        """Return them as they are, for they are in a member of their own."""
        return groups

    def _value(self, value: msgspec.Raw) -> Any:  # noqa: ANN401 - any JSON value
        found = held(value, self._members)
        if found is None:
            return None
        return dict(found.value) if isinstance(found.value, list) else found.value
