"""Makes the files that a release leaves behind, by the real plugins against the emulator.

They were made once for each release, with their input, and are never made again:
later releases have to read them as they are. `first/` was made so, when its formats were today's:

    .venv/bin/python -m tests.upgrades.make_fixtures tests/upgrades/first

Its `ledger-1.sqlite`, a ledger of format 1, was made by a target that wrote that format, checked
out at `$earlier`, in an environment made as `make_second.py` describes:

    earlier/bin/python -m tests.upgrades.make_fixtures tests/upgrades/first ledger-1

Its `ledger-3.sqlite` was made in the same way, by the last release that wrote format 3.

The format of a ledger is in its file as `PRAGMA user_version`. A ledger comes with its
`-wal` next to it, as the kill that ended its last run left it.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from clevertap_emulator.testing import Emulator
from tests.support.plugin_process import tap_command, tap_config
from tests.support.run_output import clean_environment
from tests.support.target_process import TargetProcess, lines, record, schema, state

SIZE = {"days": 1, "events_per_day": 1, "users": 10, "preparing": 0}
MOMENT = "2026-01-01T00:00:00Z"
SETTINGS = {
    "batch_size_rows": 4,
    "max_request_bytes": 8000,
    "max_rejects": -1,
    "request_timeout": 60,
    "streams": {
        "orders": {"type": "event", "event": "Ordered", "identity": "email", "time": "at"},
        "purchases": {
            "type": "event",
            "event": "Charged",
            "identity": "email",
            "time": "at",
            "properties": {"Amount": "total", "Items": "lines"},
        },
        "points": {
            "type": "profile",
            "identity": "email",
            "operations": {"points": "$incr", "tags": "$add"},
        },
        "moves": {"type": "event", "event_field": "kind", "identity": "who", "time": "at"},
        "people": {"type": "profile", "identity": "who"},
        "devices": {"type": "profile", "identity": "who", "identity_type": "objectId"},
        "visits": {"type": "event", "event": "Visited", "identity": "email", "time": "at"},
        "visit-copies": {"type": "event", "event": "Copied", "identity": "email", "time": "at"},
    },
    "stream_maps": {
        "visits": {"email": "email or 'visitor@example.org'"},
        "visit-copies": {"__source__": "visits"},
    },
}
DATE_TIME = {"type": ["string", "null"], "format": "date-time"}
SCHEMAS = {
    "orders": {"n": {"type": "integer"}, "email": {}, "at": DATE_TIME, "due": {"format": "date"}},
    "purchases": {"n": {}, "email": {}, "at": DATE_TIME, "total": {}, "lines": {"type": "array"}},
    "points": {"n": {}, "email": {}, "points": {}, "tags": {}},
    "events": {
        name: {}
        for name in (
            "event_key",
            "event_name",
            "event_time",
            "object_id",
            "identity",
            "event_props",
        )
    },
    "moves": {"n": {}, "kind": {}, "who": {}, "at": {}, "note": {}},
    "people": {"n": {}, "who": {}, "Email": {}, "points": {}},
    "devices": {"n": {}, "who": {}},
    "visits": {"n": {}, "email": {}, "at": {}},
}
KEYS = {"events": ["event_key"]}


def schemas(*streams):
    return [schema(name, SCHEMAS[name], KEYS.get(name, ["n"])) for name in streams]


def every_kind_of_value(first):
    """Return records that count again, of every kind of value and mapping."""
    values = [
        {"total": 12.5},
        {"big": 12345678901234567890123, "no": -0.0, "small": 1e-7},
        {"text": 'Łódź "東京" \u2028 🙂', "empty": "", "null": None},
        {"due": "2026-02-28", "yes": True, "nested": {"b": [1, {"a": 1.5}], "a": None}},
    ]
    made = [
        record("orders", n=first + i, email=f"u{i}", at=MOMENT, **v) for i, v in enumerate(values)
    ]
    made.append(
        record(
            "purchases", n=first + 10, email="u1", at="2026-01-01T05:30:00.9+05:30", total=99.90,
            lines=[{"Product": "Tea", "Quantity": 2, "Price": 1.10, "note": None}],
        )
    )  # fmt: skip
    made.append(record("points", n=first + 11, email="u2", points=7, tags=["a", "b"]))
    made.append(
        record(
            "events", event_key=f"{first:032x}", event_name="Searched", event_time=MOMENT,
            object_id="__g1", identity="u7", event_props={"term": "tea", "hits": 3},
        )
    )  # fmt: skip
    return made


def input_of(first):
    """Return an input whose records are numbered from here on."""
    streams = ("orders", "purchases", "points", "events")
    return [*schemas(*streams), *every_kind_of_value(first), state({"n": first})]


DELIVERED, HELD, ON_THEIR_WAY = (lines(input_of(first)) for first in (0, 100, 200))

GOOD = {"moves": {"kind": "Moved", "who": "__g1", "at": MOMENT}, "people": {"who": "ada"}}
REFUSED = [
    ("moves", {"kind": None}),  # 509
    ("moves", {"note": "x" * 600}),  # 512
    ("moves", {"kind": "Notification Sent"}),  # 513
    ("moves", {f"c{number}": 1 for number in range(260)}),  # 522
    ("moves", {"at": 20_000_000_000}),  # 525
    ("moves", {"kind": "Legacy Banner Shown"}),  # 528
    ("moves", {"at": None}),  # time_missing
    ("moves", {"at": 1_767_225_600_000}),  # date_invalid
    ("moves", {"note": float("nan")}),  # not_a_number
    ("moves", {"note": "\ud83d"}),  # text_invalid
    ("moves", {"a.b": 1}),  # name_forbidden
    ("moves", {"note": "x" * 1100}),  # value_too_long
    ("moves", {f"c{number}": "x" * 1000 for number in range(9)}),  # too_large
    ("people", {"Gender": "X"}),  # 514
    ("people", {"Email": "ada"}),  # 515
    ("people", {"Phone": "415"}),  # 516
    ("people", {"Employed": "yes"}),  # 517
    ("people", {"Education": "none"}),  # 518
    ("people", {"Married": "no"}),  # 519
    ("people", {"Age": 700}),  # 520
    ("people", {"who": None}),  # identity_missing
    ("people", {"who": "n/a"}),  # identity_invalid
    ("devices", {"who": "no object id"}),  # 526
]


LEVELS = 5000
"""Of nesting, more than any reader of JSON follows."""


def refused_input():
    messages = [*schemas("moves", "people", "devices", "points", "purchases", "visits")]
    for number, (stream, fault) in enumerate(REFUSED, 300):
        messages.append(record(stream, n=number, **{**GOOD.get(stream, {}), **fault}))
        messages.append(record("moves", n=number + 1000, **GOOD["moves"]))
    messages.append(record("points", n=391, email="u4", points="many"))  # operation_invalid
    items = [{"Product": "Tea"}] * 257
    messages.append(record("purchases", n=392, email="u5", at=MOMENT, total=1, lines=items))
    messages.append(record("visits", n=393, email=None, at=MOMENT))  # of the alias alone
    messages.append(json.dumps(record("moves", n=394, **GOOD["moves"], note=0)).encode() + b"\n")
    deep = b"[" * LEVELS + b"]" * LEVELS  # which Python's own writer does not write
    messages[-1] = messages[-1].replace(b'"note": 0', b'"note": ' + deep)  # too_deep
    return messages


ECHO = {"type": "event", "identity": "u0", "ts": 1767225600, "evtName": "Ordered"}
ALONE = [
    ({"status": 400}, "resend"),  # malformed
    ({"processed": -1}, "resend"),  # unmatched
    ({"cut": "after"}, "skip"),  # uncertain
    ({"record_code": {"1": 555}}, "resend"),
    (  # unknown
        {
            "status": 200,
            "body": {
                "status": "fail",
                "processed": 0,
                "unprocessed": [
                    {
                        "status": "fail",
                        "error": "No. Skipped record number : 1",
                        "record": {**ECHO, "evtData": {"n": 404}},
                    }
                ],
            },
        },
        "resend",
    ),
]


def make_inputs(target):
    """Write what is put in.

    These are the target's settings, what is delivered, held and on its way in its ledger, and the
    emulator that the tap's state is of.
    """
    written = {
        "settings.json": json.dumps(SETTINGS, indent=2).encode() + b"\n",
        "project.json": json.dumps(TAP_SIZE, indent=2).encode() + b"\n",
        "delivered.jsonl": DELIVERED,
        "held.jsonl": HELD,
        "on-their-way.jsonl": ON_THEIR_WAY,
    }
    for name, content in written.items():
        (target.folder / name).write_bytes(content)
    return [target.folder / name for name in written]


def make_rejects(target):
    check(target.run(refused_input(), **SETTINGS, timeout=120))
    for number, (action, uncertain) in enumerate(ALONE, 400):
        target.faults({"match": {"kind": "upload"}, "action": action})
        order = record("orders", n=number, email="u0", at=MOMENT)
        given = {**SETTINGS, "uncertain": uncertain}
        check(target.run([*schemas("orders"), order], **given, timeout=120))
    return [target.rejects]


def make_ledger(target):
    check(target.run(DELIVERED, **SETTINGS))
    target.faults({"match": {"kind": "upload"}, "action": {"cut": "after"}})
    check(target.run(HELD, **{**SETTINGS, "uncertain": "skip"}))
    target.emulator.reset()
    target.faults({"match": {"kind": "upload"}, "action": {"delay": 50}})
    process = target.start(**SETTINGS)
    process.stdin.write(ON_THEIR_WAY)
    process.stdin.close()
    while len(target.delivered()) < len(every_kind_of_value(0)):
        time.sleep(0.1)
    process.kill()
    process.wait()
    return [target.ledger, target.ledger.with_name(f"{target.ledger.name}-wal")]


TAP_SIZE = {
    "timezone": "Asia/Kolkata", "today": "2026-03-10", "days": 10, "users": 20,
    "events_per_day": 60, "empty_events": 1, "preparing": 0,
}  # fmt: skip


def make_state(folder):
    """Return the state that the target passed on of a tap whose events were read unequally far."""
    found = None
    runs = [
        {"events": ["Charged"], "profile_events": [], "end_date": "2026-03-05"},
        {"excluded_events": ["Charged"], "end_date": "2026-03-08"},
    ]
    for more in runs:
        emulator = Emulator.start(**TAP_SIZE)
        config = tap_config(emulator, timezone="Asia/Kolkata", start_date="2026-03-02")
        config = {**config, "profile_events": ["App Launched", "Charged"], **more}
        read = subprocess.run(
            tap_command(config, state=found), stdout=subprocess.PIPE, check=True,
            env=clean_environment(),
        )  # fmt: skip
        target = TargetProcess(emulator, folder)
        finished = target.run(read.stdout, max_rejects=-1, batch_size_rows=1000)
        check(finished)
        found = finished.states[-1]
        emulator.stop()
    path = folder / "tap-state.json"
    path.write_text(json.dumps(found) + "\n")
    return [path]


def check(finished):
    if finished.status:
        sys.exit(finished.log)


def main():
    into, only = Path(sys.argv[1]), sys.argv[2:]
    makers = {
        "inputs": make_inputs,
        "ledger": make_ledger,
        "rejects": make_rejects,
        "state": make_state,
    }
    for name, make in makers.items():
        if only and not only[0].startswith(name):
            continue
        folder = Path(tempfile.mkdtemp())
        emulator = Emulator.start(**SIZE)
        try:
            made = make(folder if name == "state" else TargetProcess(emulator, folder))
        finally:
            emulator.stop()
        for path in made:
            kept = into / path.name.replace("ledger", only[0] if only else "ledger-2")
            if kept.exists():
                sys.exit(f"{kept} is there, and is never made again")
            shutil.copyfile(path, kept)


if __name__ == "__main__":
    main()
