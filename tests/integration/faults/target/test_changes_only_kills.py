"""`changes_only` under kills: what CleverTap has in the end is the feed that came last."""

from __future__ import annotations

import random
import time
from collections import Counter

import pytest

from tests.support.target_process import lines, record, schema

RULES = {"users": {"type": "profile", "identity": "email", "changes_only": True}}
COLUMNS = {"email": {"type": "string"}, "plan": {"type": "string"}, "no": {"type": "integer"}}
USERS, ROWS, KILLS = 4000, 40, 5
LONGEST_SECONDS = 0.8
SETTINGS = {"streams": RULES, "batch_size_rows": ROWS, "flush_seconds": 86_400}
UNHURRIED = {"match": {"kind": "upload"}, "action": {"delay": 0.02}}


def email(number):
    return f"user{number}@example.org"


def feed(plans):
    rows = [record("users", email=email(n), plan=plan, no=n) for n, plan in enumerate(plans)]
    return lines([schema("users", COLUMNS, ["email"], []), *rows])


def run_and_kill(target, content, seconds):
    """Run the target with a feed, and kill it so many seconds after its first request."""
    given = target.folder / "feed.jsonl"
    given.write_bytes(content)
    before = len(target.requests())
    with given.open("rb") as stdin:
        process = target.start(stdin=stdin, **SETTINGS)
    deadline = time.monotonic() + 20
    while len(target.requests()) == before and process.poll() is None:
        assert time.monotonic() < deadline, "no request came"
        time.sleep(0.01)
    time.sleep(seconds)
    process.kill()
    process.communicate()
    until_all_arrived(target)


def until_all_arrived(target):
    """Wait for what the process had sent: the emulator could take it after the next run's."""
    arrived, seen = target.requests(), None
    deadline = time.monotonic() + 20
    while arrived != seen or not all(each["seconds"] for each in arrived):
        assert time.monotonic() < deadline, "requests are still in flight"
        time.sleep(0.2)
        arrived, seen = target.requests(), arrived


def last_of_each(target):
    return {
        each["record"]["identity"]: each["record"]["profileData"]["plan"]
        for each in sorted(target.emulator.uploads()["profiles"], key=lambda each: each["request"])
    }


@pytest.mark.parametrize("seed", range(2))
def test_after_kills_and_feeds_that_change_back_each_user_is_as_in_the_last_feed(target, seed):
    chance = random.Random(seed)
    first = ["a"] * USERS
    target.run(feed(first), **SETTINGS)
    target.faults(UNHURRIED)
    for _ in range(KILLS):
        run_and_kill(
            target, feed(chance.choices("ab", k=USERS)), chance.uniform(0, LONGEST_SECONDS)
        )
    last = first if chance.random() < 0.5 else chance.choices("ab", k=USERS)
    finished = target.run(feed(last), **SETTINGS)
    assert finished.status == 0, finished.log
    assert last_of_each(target) == {email(n): plan for n, plan in enumerate(last)}
    again = target.run(feed(last), **SETTINGS)
    assert (
        f"delivered 0, already delivered 0, rejected 0, uncertain 0, retried 0, unchanged {USERS}"
        in again.log
    )


def test_a_feed_sent_three_times_with_kills_in_between_arrives_once(target):
    target.faults(UNHURRIED)
    content = feed(["a"] * USERS)
    for _ in range(2):
        run_and_kill(target, content, 0.3)
    finished = target.run(content, **SETTINGS)
    assert finished.status == 0, finished.log
    arrived = Counter(each["record"]["identity"] for each in target.emulator.uploads()["profiles"])
    assert arrived.keys() == {email(n) for n in range(USERS)}
    in_flight = 20 * ROWS
    assert arrived.total() <= USERS + 2 * in_flight
    assert max(arrived.values()) <= 3
