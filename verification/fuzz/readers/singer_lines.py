"""Singer lines into the target: the fast path compared with line by line."""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec

from tests.support.target_process import lines, order, record, state
from tests.support.two_ways import SCHEMAS, one_by_one, outcome
from verification.fuzz.reader import Reader, expect

TAP_EVENTS = b"""\
{"type":"SCHEMA","stream":"events","schema":{"properties":{"event_key":{},"event_name":{},\
"event_time":{"format":"date-time"},"object_id":{},"identity":{},"event_props":{}}},\
"key_properties":["event_key"],"bookmark_properties":["event_time"]}
{"type":"RECORD","stream":"events","record":{"event_key":"e","event_name":"Charged",\
"event_time":"2026-01-01T00:00:00+00:00","object_id":"o","identity":null,\
"event_props":{"Amount":1.50,"Items":[{"Product":"Tea","Quantity":2}]}}}
{"type":"STATE","value":{"bookmarks":{"events":{}}}}
"""
TAP_PROFILES = b"""\
{"type":"SCHEMA","stream":"profiles","schema":{"properties":{"profile_key":{},"identity":{},\
"object_ids":{},"profile_data":{},"seen_through":{"format":"date"}}},"key_properties":["profile_key"]}
{"type":"RECORD","stream":"profiles","record":{"profile_key":"p","identity":"u","name":"Ada",\
"phone":"4915",\
"object_ids":["a","b"],"profile_data":{"tags":["x","y"],"plan":{"$add":["z"]}},"seen_through":"2026-01-01"}}
"""
REJECTED = {"code": 515, "reason": "no", "rejected_at": "2026-01-01T00:00:00+00:00"}
OPENING = lines(SCHEMAS[:3])
SEEDS = [
    OPENING + lines([*map(order, range(4)), state({"orders": 4}), order(9, note=None)]),
    OPENING + lines([record("users", email="a@b.c", plan="x", points=7, born="2000-01-01")]),
    lines([SCHEMAS[2], record("devices", id="d", at="2026-01-01"), SCHEMAS[3]])
    + lines([record("devices", id="d", at="2026-01-01T00:00:00Z"), SCHEMAS[3]]),
    lines([SCHEMAS[0], {**order(1), **REJECTED}, {**order(2), **REJECTED, "stream_alias": "x"}]),
    lines([SCHEMAS[0], {"type": "ACTIVATE_VERSION", "stream": "orders", "version": 1}, order(1)])
    + lines([{"type": "BATCH", "stream": "orders", "manifest": []}]),
    TAP_EVENTS,
    TAP_PROFILES,
]
DEEP = 400
LINE = re.compile(r"\bline (\d+)\b")


def read(content: bytes) -> None:
    """Take the lines both ways.

    - Both ways lead to the same.
    - Each record up to the line that ends the run is sent or refused, with the bytes that came.
    - What is sent is JSON as CleverTap reads it.

    Raises:
        Wrong: Where one of these does not hold.
    """
    at_once, single = outcome(content, chunk=700), one_by_one(content)
    _check_alike(content, at_once, single)
    entries, refused, closed, _, _, message = single
    sent = [entry for lane in entries.values() for _, entry, *_ in lane]
    raws = [entry[4] for entry in sent] + [raw for _, _, raw, *_ in refused]
    came, is_exact = _records_read(content, message)
    expect(len(raws) <= came, f"{came} records came, {len(raws)} were taken")
    expect(len(raws) == came or not is_exact, f"{came} records came, only {len(raws)} were taken")
    expect(all(raw in content for raw in raws), "a record is not kept as it came")
    for payload, *_ in sent:
        _check_payload(payload)
    for _, _, _, code, reason in refused:
        msgspec.json.encode([code, reason])
    expect(all(state in content for state, _ in closed), "a state is not passed on as it came")


def _check_alike(content: bytes, at_once: tuple[Any, ...], single: tuple[Any, ...]) -> None:
    if content.count(b"[") + content.count(b"{") > DEEP:
        # how deep is too deep depends on how deep the program itself is at that moment
        at_once, single = _in_short(at_once), _in_short(single)
    expect(at_once == single, f"the two ways differ: {at_once} {single}")


def _in_short(outcome: tuple[Any, ...]) -> tuple[Any, ...]:
    entries, refused, closed, left, counts, message = outcome
    named = message and (message[0], LINE.findall(message[1]))
    return entries, [(place, raw) for place, _, raw, *_ in refused], closed, left, counts, named


def _records_read(content: bytes, message: tuple[type, str] | None) -> tuple[int, bool]:
    """Return how many records were to be taken, and whether that is certain."""
    found = content.split(b"\n")
    named = LINE.search(message[1]) if message else None
    kinds = [_kind(line) for line in (found[: int(named[1]) - 1] if named else found)]
    is_exact = "?" not in kinds and (message is None or named is not None)
    return sum(kind in {"RECORD", "?"} for kind in kinds), is_exact


def _check_payload(payload: bytes) -> None:
    loaded = msgspec.json.decode(payload)
    expect(isinstance(loaded, dict), "a sent record is not an object")
    expect(b"NaN" not in payload or "NaN" in str(loaded), "what is sent holds NaN")


def _kind(line: bytes) -> str:
    """Return the type of a message; a question mark where this cannot read it."""
    try:
        message = json.loads(line.decode(errors="replace"), parse_int=str)
    except (ValueError, RecursionError):
        return "?"
    return str(message.get("type", "")) if isinstance(message, dict) else ""


READER = Reader("singer_lines", "lines", SEEDS, read)
