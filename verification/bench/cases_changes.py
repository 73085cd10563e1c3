"""What `changes_only` saves: a sync of which one profile in a hundred changed, and one of all."""

from __future__ import annotations

import json
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from verification.bench.measure import BIN, Measured, measure, medians
from verification.bench.table import MILLION, Row, flat, speeds
from verification.bench.target_runs import COUNTING

if TYPE_CHECKING:
    from clevertap_emulator.testing import Emulator
    from verification.bench.workplace import Workplace

RULE = {"type": "profile", "identity": "email"}
LEDGER, FEED = "ledger.sqlite", "users.jsonl"
COLUMNS = {
    "id": {"type": "integer"},
    "email": {"type": "string"},
    "name": {"type": "string"},
    "plan": {"type": "string"},
    "city": {"type": "string"},
    "score": {"type": "number"},
}
A_SECOND, BYTES_A_PROFILE = 200_000, 64


def changes_only(place: Workplace) -> list[Row]:
    """Compare a sync of which 1 % changed with one that sends all, without a ledger."""
    users = place.extent.count(MILLION)
    emulator = place.start(**COUNTING)
    versions = count()
    requests: list[int] = []
    run(place, emulator, written_users(place, users, next(versions)), is_compared=True)
    size = (place.folder / LEDGER).stat().st_size

    def changed() -> Measured:
        feed = written_users(place, users, next(versions))
        before = len(emulator.requests()["requests"])
        found = run(place, emulator, feed, is_compared=True)
        requests.append(len(emulator.requests()["requests"]) - before)
        return found

    def all_sent() -> Measured:
        return run(place, emulator, str(place.folder / FEED), is_compared=False)

    some, whole = medians(place.extent.times, changed, all_sent)
    name = f"{users:,} profiles, 1 % changed"
    return [
        flat(f"{name}, seconds, and to send all", some.seconds, whole.seconds, "s", "≤ 0.33"),
        speeds(f"{name}, compared", users / some.seconds, A_SECOND, "≥ 1", "records"),
        flat(f"{name}, requests", max(requests), users / 100_000, "", "≤ 1.10"),
        flat(f"{name}, ledger for each", size / users, BYTES_A_PROFILE, "bytes", "≤ 1.00"),
    ]


def run(place: Workplace, emulator: Emulator, feed: str, *, is_compared: bool) -> Measured:
    """Deliver users; those that changed, or all."""
    settings = {
        "account_id": emulator.account_id,
        "passcode": emulator.passcode,
        "api_url": emulator.url,
        "streams": {"users": {**RULE, "changes_only": True} if is_compared else RULE},
        "rejects_path": str(place.folder / "rejects.jsonl"),
        "ledger_path": str(place.folder / LEDGER) if is_compared else "",
    }
    command = [str(BIN / "target-clevertap"), "--config", place.config(settings)]
    return measure(command, stdin=feed)


def written_users(place: Workplace, users: int, version: int) -> str:
    """Write users, of whom one in a hundred is another one in each version."""
    path = Path(place.folder, FEED)
    schema = {"properties": COLUMNS}
    first = {"type": "SCHEMA", "stream": "users", "schema": schema, "key_properties": ["id"]}
    with path.open("w") as lines:
        lines.write(json.dumps(first) + "\n")
        lines.writelines(user(number, version) for number in range(users))
    return str(path)


def user(number: int, version: int) -> str:
    """Return the line of a user, whose number says in which versions the plan is another."""
    changes = (version + 99 - number % 100) // 100
    return (
        f'{{"type":"RECORD","stream":"users","record":{{"id":{number},'
        f'"email":"user{number}@example.org","name":"Name {number}","plan":"plan {changes}",'
        f'"city":"Pune","score":{number % 5000 / 4}}}}}\n'
    )


CASES = (changes_only,)
