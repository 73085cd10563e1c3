"""Uploads and calls of random users, with faults: each user's records keep their order."""

from __future__ import annotations

import random
from collections import defaultdict

import pytest

from tests.support.target_process import record, schema, state

RULES = {
    "users": {"type": "profile", "identity": "email", "others": "drop", "properties": {"N": "id"}},
    "orders": {"type": "event", "event": "Ordered", "identity": "email", "time": "at"},
    "gone": {"type": "delete", "identity": "email"},
    "opt_outs": {
        "type": "subscription",
        "identity": "email",
        "identity_type": "email",
        "status_field": "wants",
    },
}
COLUMNS = {
    "id": {"type": "integer"},
    "email": {"type": "string"},
    "at": {"type": "string", "format": "date-time"},
    "wants": {"type": "boolean"},
}
FAULTS = [
    {"match": {"kind": "upload", "rate": 0.1}, "action": {"status": 429}},
    {"match": {"kind": "delete", "rate": 0.2}, "action": {"status": 429}},
    {"match": {"kind": "upload", "every": 3}, "action": {"delay_effect": 0.03}},
    {"match": {"kind": "delete", "every": 2}, "action": {"delay_effect": 0.03}},
    {"match": {"kind": "subscribe", "every": 2}, "action": {"delay": 0.02}},
]


def feed(rng, count):
    """Return messages, and what each user sees of them: a number for each record."""
    messages = [schema(stream, COLUMNS, bookmarks=("id",)) for stream in RULES]
    seen = defaultdict(list)
    for number in range(1, count + 1):
        stream = rng.choices([*RULES], weights=[5, 5, 3, 2])[0]
        user = f"u{rng.randrange(25)}@example.org"
        row = {"id": number, "email": user, "at": f"2026-01-01T{number // 3600:02}:00:00Z"}
        messages.append(record(stream, **row, wants=bool(number % 2)))
        if stream != "opt_outs":
            seen[user].append((stream, number if stream != "gone" else None))
        if number % 50 == 0:
            messages.append(state(number))
    return messages, seen


def stored(emulator):
    """Return what happened to each user, in the order of requests."""
    uploads, calls = emulator.uploads(), emulator.calls()
    happened = defaultdict(lambda: defaultdict(list))
    for each in uploads["profiles"]:
        number = each["record"]["profileData"]["N"]
        happened[each["record"]["identity"]][each["request"]].append(("users", number))
    for each in uploads["events"]:
        number = each["record"]["evtData"]["id"]
        happened[each["record"]["identity"]][each["request"]].append(("orders", number))
    for each in calls["deleted"]:
        happened[each["value"]][each["request"]].append(("gone", None))
    # within a request the emulator separates kinds, so only requests are in order
    return {
        user: [op for _, ops in sorted(requests.items()) for op in sorted(ops, key=str)]
        for user, requests in happened.items()
    }


def by_request(ops):
    """Return a user's records between deletions, whatever their order there."""
    groups = [[]]
    for stream, number in ops:
        if stream == "gone":
            groups += [[]]
        else:
            groups[-1].append((stream, number))
    return [sorted(group) for group in groups]


@pytest.mark.parametrize("seed", range(3))
def test_each_user_sees_records_and_deletions_in_their_order(target, emulator, seed):
    rng = random.Random(seed)
    messages, seen = feed(rng, 300)
    target.faults(*FAULTS)
    done = target.run(
        messages,
        streams=RULES,
        batch_size_rows=rng.choice([1, 3, 20]),
        max_in_flight=rng.choice([2, 5, 15]),
        confirm_deletes=True,
        deletes_path=str(target.folder / "deletes.jsonl"),
    )
    assert done.status == 0, done.log
    assert done.states[-1] == 300
    found = stored(emulator)
    assert found.keys() == seen.keys()
    for user, ops in seen.items():
        assert by_request(found[user]) == by_request(ops), user
    sent = [each for each in messages if each["type"] == "RECORD" and each["stream"] == "opt_outs"]
    last = {f"email:{each['record']['email']}": each["record"]["wants"] for each in sent}
    words = {True: "Resubscribe", False: "Unsubscribe"}
    assert emulator.calls()["subscribed"] == {key: words[wants] for key, wants in last.items()}
    assert emulator.requests()["max_in_flight"]["calls"] <= 3
