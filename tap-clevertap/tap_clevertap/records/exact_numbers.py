"""Exact numbers through stream maps, whose expressions take floats only."""

from __future__ import annotations

from typing import Any

import msgspec

from tap_clevertap.records.records import Record, canonical

_decode_floats = msgspec.json.Decoder(float_hook=float).decode
Exact = dict[int, tuple[float, Any]]
"""By the id of a float: the float itself, so that no other gets its id, and what was sent."""


def with_floats(record: Record) -> tuple[Record, Exact]:
    """Return a record with floats in place of decimals, and what they were.

    A float is infinite where none is so large.
    """
    sent = canonical(record)
    plain: Record = _decode_floats(sent)
    exact: Exact = {}
    if canonical(plain) != sent:  # else all floats are written with the digits that were sent
        _note(record, plain, exact)
    return plain, exact


def _note(sent: Any, plain: Any, exact: Exact) -> None:  # noqa: ANN401 - any JSON value
    if type(plain) is float:
        exact[id(plain)] = plain, sent
    elif type(plain) is dict:
        for key, value in plain.items():
            _note(sent[key], value, exact)
    elif type(plain) is list:
        for before, value in zip(sent, plain, strict=True):
            _note(before, value, exact)


def restored(value: Any, exact: Exact) -> Any:  # noqa: ANN401 - any JSON value
    """Return a value with what was sent in place of each float that an expression left alone."""
    if type(value) is float:
        return exact[id(value)][1] if id(value) in exact else value
    if type(value) is dict:
        return {key: restored(each, exact) for key, each in value.items()}
    if type(value) is list:
        return [restored(each, exact) for each in value]
    return value
