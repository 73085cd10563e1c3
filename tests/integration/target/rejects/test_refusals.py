"""Refusals of every kind among many records are counted by kind, and delivered once fixed."""

from __future__ import annotations

import json
import os
from collections import Counter

from tests.support.target_process import record, schema, state

RECORDS = int(os.environ.get("CLEVERTAP_TEST_RECORDS", "100000"))
"""Records that the test of refusals sends; a hundredth of them are refused."""

STREAMS = {
    "moves": {"type": "event", "event_field": "kind", "identity": "who", "time": "at"},
    "people": {"type": "profile", "identity": "who"},
    "devices": {"type": "profile", "identity": "who", "identity_type": "objectId"},
}
COLUMNS = {
    "moves": ["n", "kind", "who", "at", "note"],
    "people": ["n", "who", "Gender", "Email", "Phone", "Employed", "Education", "Married", "Age"],
    "devices": ["n", "who"],
}
GOOD = {
    "moves": {"kind": "Moved", "at": "2026-01-01T00:00:00Z"},
    "people": {"Gender": "F", "Email": "ada@example.org", "Phone": "+14155550100", "Age": 36},
    "devices": {},
}
FAULTS = [
    ("moves", {"kind": None}, 509),
    ("moves", {"note": "x" * 600}, 512),
    ("moves", {"kind": "Notification Sent"}, 513),
    ("moves", {f"c{number}": 1 for number in range(260)}, 522),
    ("moves", {"at": "2700-01-01T00:00:00Z"}, 525),
    ("moves", {"kind": "Legacy Banner Shown"}, 528),
    ("moves", {"at": None}, "time_missing"),
    ("moves", {"at": 1_767_225_600_000}, "date_invalid"),
    ("moves", {"a.b": 1}, "name_forbidden"),
    ("moves", {"note": "x" * 1100}, "value_too_long"),
    ("people", {"Gender": "X"}, 514),
    ("people", {"Email": "ada"}, 515),
    ("people", {"Phone": "415"}, 516),
    ("people", {"Employed": "yes"}, 517),
    ("people", {"Education": "none"}, 518),
    ("people", {"Married": "no"}, 519),
    ("people", {"Age": 700}, 520),
    ("people", {"who": None}, "identity_missing"),
    ("people", {"who": "n/a"}, "identity_invalid"),
    ("devices", {"who": "no object id"}, 526),
]


def numbered(number):
    """Return the stream, the good record and what is wrong with it, of a number."""
    if number % 100 == 50:
        stream, change, code = FAULTS[number // 100 % len(FAULTS)]
    else:
        stream, change, code = list(STREAMS)[number % 3], {}, None
    good = {"n": number, "who": f"__g{number % 500}", **GOOD[stream]}
    return stream, good, change, code


def test_every_refusal_is_a_reject_with_its_record_and_mended_it_is_delivered(target):
    expected = {}
    messages = [
        schema(stream, {column: {} for column in columns}, keys=["n"])
        for stream, columns in COLUMNS.items()
    ]
    for number in range(RECORDS):
        stream, good, change, code = numbered(number)
        messages.append(record(stream, **{**good, **change}))
        if code is not None:
            expected[number] = ({**good, **change}, code)
    messages.append(state({"done": RECORDS}))
    finished = target.run(messages, streams=STREAMS, batch_size_rows=300, timeout=300)
    assert finished.status == 3
    assert finished.states == [{"done": RECORDS}]
    rejected = {each["n"]: (each, code) for each, code in target.rejected()}
    assert rejected == expected
    assert len(target.rejected()) == len(expected)
    assert len(target.delivered()) == RECORDS - len(expected)
    codes = Counter(code for _, code in expected.values())
    assert all(f"{code}: {count}" in finished.log for code, count in codes.items())

    fix(target.rejects)
    assert target.replay(streams=STREAMS).status == 0
    arrived = Counter(number_of(each) for each in target.delivered())
    assert arrived == Counter(range(RECORDS))


def number_of(stored):
    return (stored.get("evtData") or stored.get("profileData"))["n"]


def fix(path):
    lines = []
    for line in path.read_text().splitlines():
        message = json.loads(line)
        if message["type"] == "RECORD":
            _, message["record"], _, _ = numbered(message["record"]["n"])
        lines.append(json.dumps(message))
    path.write_text("\n".join(lines) + "\n")
