"""A ledger of commit 2f47414: what it knows is not sent again, whatever changed in names since."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.support.forked_emulator import ForkedEmulator
from tests.support.target_process import TargetProcess, lines, record, schema

SECOND = Path(__file__).parent / "second"
SETTINGS = {**json.loads((SECOND / "settings.json").read_text()), "max_rejects": -1}
DELIVERED = (SECOND / "delivered.jsonl").read_bytes()
SCHEMAS = [line for line in DELIVERED.splitlines(keepends=True) if b'"SCHEMA"' in line]
SENT = 21
"""Records, of which five are sent twice, by two branches."""
BOUND = "was filled by an earlier release"


@pytest.fixture(scope="module")
def emulators():
    started = [
        ForkedEmulator.start(days=1, events_per_day=1, users=10, account_id=account)
        for account in ("TEST-000-0000", "TEST-111-1111")
    ]
    yield started
    for each in started:
        each.stop()


@pytest.fixture
def targets(emulators, tmp_path):
    """Return a target for each of two accounts, which share the ledger."""
    for each in emulators:
        each.reset()
    made = [TargetProcess(each, tmp_path) for each in emulators]
    shutil.copyfile(SECOND / "ledger-2.sqlite", made[0].ledger)
    return made


def run(target, messages, **settings):
    finished = target.run(messages, **{**SETTINGS, **settings})
    assert finished.status == 0, finished.log
    return finished


@pytest.mark.parametrize("is_prepared", [False, True])
def test_nothing_is_sent_again_by_whatever_way_it_is_prepared(targets, is_prepared):
    target, _ = targets
    given = DELIVERED
    if is_prepared:  # a stretch of the input from 32 kB on is prepared by another process
        *rest, end = given.splitlines(keepends=True)
        given = b"".join([*rest, *(rest[1:] * 20), end])
    first = run(target, given)
    second = run(target, given)
    assert target.delivered() == []
    assert BOUND in first.log
    assert BOUND not in second.log


def test_what_the_file_knew_is_of_the_first_account_only(targets):
    first, second = targets
    run(first, DELIVERED)
    finished = run(second, DELIVERED)
    assert BOUND not in finished.log
    # both have one rejects file
    assert len(second.delivered()) + len(set(map(str, second.rejected()))) == SENT
    run(second, DELIVERED)
    assert len(second.delivered()) + len(set(map(str, second.rejected()))) == SENT
    run(first, DELIVERED)
    assert first.delivered() == []


@pytest.mark.parametrize("is_known_first", [True, False])
def test_a_former_name_is_used_up_by_one_row(targets, is_known_first):
    """A former name did not hold the bookmark: it is that of the row that comes first."""
    target, _ = targets
    if is_known_first:
        run(target, DELIVERED)
    again = [record("visits", id=1, email="ada", seen=day) for day in ("2026-01-01", "2026-01-02")]
    again += [record("points", email="u1", points=7, tags=["a", "b"], at=at) for at in (1, 2)]
    run(target, b"".join([*SCHEMAS, lines(again)]))
    assert len(target.delivered()) == 2
    run(target, b"".join([*SCHEMAS, lines(again)]))
    assert len(target.delivered()) == 2


def test_each_equal_row_is_new_after_the_one_that_the_file_knew(targets):
    target, _ = targets
    streams = dict(SETTINGS["streams"])
    streams["views"] = {**streams["views"], "equal_rows": "new"}
    run(target, DELIVERED, streams=streams)
    assert target.delivered() == []
    run(target, DELIVERED, streams=streams)
    assert [each["evtName"] for each in target.delivered()] == ["Viewed"] * 3


def test_an_event_whose_user_was_identified_since_is_known_from_its_next_delivery_on(targets):
    target, _ = targets
    run(target, DELIVERED)
    events = [each for each in DELIVERED.splitlines(keepends=True) if b'"events", "record"' in each]
    run(target, b"".join([*SCHEMAS, events[0].replace(b'"u7"', b'"ada"')]))
    assert target.delivered() == []


def test_a_profile_that_lacks_the_key_had_no_former_name(targets):
    target, _ = targets
    rule = {"type": "profile", "identity": "email"}
    messages = [
        schema("people", {"id": {}, "email": {}, "points": {}}, ["id"], []),
        record("people", email="ada", points={"$incr": 5}),
    ]
    run(target, messages, streams={"people": rule})
    assert len(target.delivered()) == 1
