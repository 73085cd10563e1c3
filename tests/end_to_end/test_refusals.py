"""A hundred thousand records, one in a hundred refusable: who was refused, why, and mended."""

from __future__ import annotations

import json
import random
import subprocess
from collections import Counter

import pytest

from plugin_process import BIN, clean_environment

RECORDS = 100_000
REFUSABLE_ONE_IN = 100

EVENT_FAULTS = {
    509: {"action": " "},
    512: {"note": "x" * 600},
    513: {"action": "App Launched"},
    522: {f"extra {number}": number for number in range(120)},
    525: {"at": "2300-01-01T00:00:00Z"},
    528: {"action": "Legacy Banner Shown"},
    "identity_missing": {"user": None},
    "identity_invalid": {"user": "undefined"},
    "time_missing": {"at": None},
    "date_invalid": {"at": "the day before"},
}
PROFILE_FAULTS = {
    514: {"Gender": "Z"},
    515: {"Email": "nobody"},
    516: {"Phone": "12"},
    517: {"Employed": "perhaps"},
    518: {"Education": "Life"},
    519: {"Married": "perhaps"},
    520: {"Age": 999},
    "identity_missing": {"user": ""},
    "value_too_long": {"note": "x" * 1100},
}
TEXT = {"type": ["string", "null"]}
MOMENT = {"type": ["string", "null"], "format": "date-time"}
SCHEMAS = [
    {
        "type": "SCHEMA",
        "stream": "actions",
        "schema": {
            "properties": {"id": {"type": "integer"}, "action": TEXT, "user": TEXT, "at": MOMENT}
        },
        "key_properties": ["id"],
        "bookmark_properties": ["at"],
    },
    {
        "type": "SCHEMA",
        "stream": "people",
        "schema": {"properties": {"user": TEXT, "plan": TEXT, "note": TEXT}},
        "key_properties": ["user"],
    },
    {
        "type": "SCHEMA",
        "stream": "devices",
        "schema": {"properties": {"device": TEXT, "plan": TEXT}},
        "key_properties": ["device"],
    },
]
RULES = {
    "actions": {"type": "event", "event_field": "action", "identity": "user", "time": "at"},
    "people": {"type": "profile", "identity": "user"},
    "devices": {"type": "profile", "identity": "device", "identity_type": "objectId"},
}


def whole(stream, number):
    """Return a record that CleverTap takes."""
    if stream == "actions":
        at = f"2026-08-01T{number % 24:02}:00:00Z"
        return {"id": number, "action": "Bought", "user": f"u{number % 5000}", "at": at}
    if stream == "people":
        return {"user": f"u{number}", "plan": f"p{number % 7}"}
    return {"device": f"__g{number}", "plan": "x"}


def made(random_):
    """Yield (stream, number, record, code); code is None for what CleverTap takes."""
    for number in range(RECORDS):
        stream = ("actions", "people")[number % 2]
        record, code = whole(stream, number), None
        if random_.randrange(REFUSABLE_ONE_IN) == 0:
            faults = EVENT_FAULTS if stream == "actions" else PROFILE_FAULTS
            code = random_.choice(list(faults))
            record = {**record, **faults[code]}
        yield stream, number, record, code
    for number in range(50):
        code = 526 if number % 10 == 0 else None
        record = whole("devices", number)
        yield "devices", number, {**record, "device": f"no id {number}"} if code else record, code


def deliver(folder, config, lines):
    """Run the target; return its exit status and its log."""
    path = folder / "config.json"
    path.write_text(json.dumps(config))
    finished = subprocess.run(
        [BIN / "target-clevertap", "--config", path],
        stdin=lines,
        capture_output=True,
        check=False,
        cwd=folder,
        env=clean_environment(),
        timeout=300,
    )
    return finished.returncode, finished.stderr.decode()


@pytest.fixture(scope="module")
def world(start_emulator_for_module):
    return start_emulator_for_module(
        timezone="UTC", days=1, events_per_day=0, users=1, max_event_properties=100
    )


def test_each_reject_has_its_record_and_reason_and_mended_is_delivered(world, tmp_path):
    config = {
        "account_id": world.account_id,
        "passcode": world.passcode,
        "api_url": world.url,
        "streams": RULES,
        "max_rejects": -1,
    }
    expected = Counter()
    with (tmp_path / "input.jsonl").open("w") as file:
        for schema in SCHEMAS:
            file.write(json.dumps(schema) + "\n")
        for stream, _, record, code in made(random.Random(100)):
            line = {"type": "RECORD", "stream": stream, "record": record}
            file.write(json.dumps(line) + "\n")
            if code is not None:
                expected[stream, json.dumps(record, sort_keys=True), str(code)] += 1
        file.write('{"type":"STATE","value":{"done":1}}\n')
    with (tmp_path / "input.jsonl").open() as file:
        status, log = deliver(tmp_path, config, file)
    assert status == 0, log[-2000:]
    path = tmp_path / "clevertap-rejects.jsonl"
    rejects = [json.loads(line) for line in path.read_text().splitlines()]
    refused = [line for line in rejects if line["type"] == "RECORD"]
    found = Counter(
        (line["stream"], json.dumps(line["record"], sort_keys=True), str(line["code"]))
        for line in refused
    )
    assert found == expected
    assert all(line["reason"] and line["rejected_at"] for line in refused)
    delivered = RECORDS + 50 - len(refused)
    stored = world.uploads(limit=1)["counts"]
    assert stored["events"] + stored["profiles"] == delivered
    assert f"delivered {delivered}," in log

    path.write_text("".join(json.dumps(mended(line)) + "\n" for line in rejects))
    with path.open() as file:
        status, log = deliver(tmp_path, config, file)
    assert status == 0, log[-2000:]
    stored = world.uploads(limit=1)["counts"]
    assert stored["events"] + stored["profiles"] == RECORDS + 50
    assert not path.exists() or not path.read_text()


def mended(line):
    """Return a reject's line with a record that CleverTap takes, as its user would mend it."""
    if line["type"] != "RECORD":
        return line
    number = mended.count = getattr(mended, "count", RECORDS) + 1
    return {**line, "record": whole(line["stream"], number)}
