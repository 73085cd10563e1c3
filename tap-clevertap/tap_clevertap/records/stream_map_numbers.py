"""Exact numbers through stream maps, whose expressions accept floats only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from tap_clevertap.records.exact_json import canonical_json

if TYPE_CHECKING:
    from tap_clevertap.records.rows import Record

_decode_floats = msgspec.json.Decoder(float_hook=float).decode
ExactNumbers = dict[int, tuple[float, Any]]
"""By the id of a float: the float, kept so that its id is not used again, and the exact number."""


def with_floats(record: Record) -> tuple[Record, ExactNumbers]:
    """Return a record with floats in place of decimals, and the exact numbers.

    A number beyond the range of floats becomes infinite.
    """
    sent = canonical_json(record)
    plain: Record = _decode_floats(sent)
    exact: ExactNumbers = {}
    if canonical_json(plain) != sent:  # else every float is written with the digits that were sent
        _collect(record, plain, exact)
    return plain, exact


def _collect(sent: Any, plain: Any, exact: ExactNumbers) -> None:  # noqa: ANN401 - any JSON value
    if type(plain) is float:
        exact[id(plain)] = plain, sent
    elif type(plain) is dict:
        for key, value in plain.items():
            _collect(sent[key], value, exact)
    elif type(plain) is list:
        for before, value in zip(sent, plain, strict=True):
            _collect(before, value, exact)


def with_exact_numbers(value: Any, exact: ExactNumbers) -> Any:  # noqa: ANN401 - any JSON value
    """Return a value in which each float that no expression changed is the exact number again."""
    if type(value) is float:
        return exact[id(value)][1] if id(value) in exact else value
    if type(value) is dict:
        return {key: with_exact_numbers(each, exact) for key, each in value.items()}
    if type(value) is list:
        return [with_exact_numbers(each, exact) for each in value]
    return value
