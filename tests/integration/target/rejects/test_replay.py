"""The rejects file as input, however it comes in."""

from __future__ import annotations

import json
import re
import subprocess
from contextlib import contextmanager

import pytest

from tests.support.target_process import ORDER_COLUMNS, ORDERS_RULE, finish, order, schema

REFUSED = [schema("orders", ORDER_COLUMNS), *[order(n, email=None) for n in range(3)]]


@contextmanager
def open_input(path, *, through_a_pipe):
    if through_a_pipe:
        with subprocess.Popen(["/bin/cat", path], stdout=subprocess.PIPE) as cat:
            yield cat.stdout
    else:
        with path.open("rb") as file:
            yield file


def test_a_replay_through_a_pipe_does_not_read_what_it_refuses(target):
    target.run(REFUSED)
    before = target.rejects.read_bytes()
    with open_input(target.rejects, through_a_pipe=True) as given:
        finished = finish(target.start(stdin=given), timeout=20)
    assert finished.status == 3
    assert target.rejected_codes() == {"identity_missing": 3}
    (aside,) = target.folder.glob("rejects.jsonl.replayed-*")
    assert aside.read_bytes() == before
    assert str(aside) in finished.log
    assert "not sent again" not in finished.log


@pytest.mark.parametrize("with_moments", [True, False])
def test_what_did_not_come_through_the_pipe_is_reported(target, with_moments):
    target.run(REFUSED)
    part = b"".join(target.rejects.read_bytes().splitlines(keepends=True)[:2])
    part = part.replace(b'"email": null', b'"email": "x@example.org"')
    if not with_moments:
        part = part.replace(b'"rejected_at"', b'"once_rejected_at"')
    finished = target.run(part)
    assert finished.status == 0, finished.log
    (aside,) = target.folder.glob("rejects.jsonl.replayed-*")
    assert f"2 rejects in {aside} did not come with this input" in finished.log
    assert "not sent again" in finished.log


@pytest.mark.parametrize("through_a_pipe", [False, True])
def test_a_replay_of_an_earlier_file_leaves_the_present_one_where_it_is(target, through_a_pipe):
    target.run(REFUSED)
    earlier = target.folder / "rejects.jsonl.replayed-20260101T000000.000000Z"
    fixed = target.rejects.read_text().replace('"email": null', '"email": "x@example.org"')
    earlier.write_text(re.sub('"rejected_at":"[^"]*"', '"rejected_at":"2026-01-01"', fixed))
    before = target.rejects.read_bytes()
    with open_input(earlier, through_a_pipe=through_a_pipe) as given:
        finished = finish(target.start(stdin=given), timeout=20)
    assert finished.status == 0, finished.log
    assert len(target.delivered()) == 3
    assert target.rejects.read_bytes() == before
    assert [*target.folder.glob("rejects.jsonl.*")] == [earlier]


def test_of_two_files_through_a_pipe_the_present_one_is_renamed(target):
    target.run(REFUSED)
    before = target.rejects.read_bytes()
    earlier = re.sub(b'"rejected_at":"[^"]*"', b'"rejected_at":"2026-01-01"', before)
    finished = target.run(earlier + before, timeout=20)
    assert finished.status == 3, finished.log
    (aside,) = target.folder.glob("rejects.jsonl.replayed-*")
    assert aside.read_bytes().startswith(before)


def test_a_last_line_cut_short_does_not_stop_a_replay(target):
    target.run(REFUSED)
    fixed = target.rejects.read_text().replace('"email": null', '"email": "x@example.org"')
    target.rejects.write_text(fixed + '{"type":"RECORD","stre')
    finished = target.replay()
    assert finished.status == 0, finished.log
    assert len(target.delivered()) == 3
    (torn,) = target.folder.glob("rejects.jsonl.*torn-*")
    assert torn.read_text() == '{"type":"RECORD","stre'
    assert str(torn) in finished.log


def test_a_time_of_a_huge_exponent_is_a_reject(target):
    line = b'{"type":"RECORD","stream":"orders","record":{"id":1,"email":"a","created_at":1e%d}}\n'
    messages = [*REFUSED[:1], line % 99_999_999, line % 10**30, order(2)]
    assert target.run(messages, timeout=20).status == 3
    assert target.rejected_codes() == {"date_invalid": 2}
    assert len(target.delivered()) == 1


def test_of_a_stream_that_goes_two_ways_only_the_refused_one_is_sent_again(target):
    settings = {
        "ledger_path": "",
        "stream_maps": {
            "orders": {"email": "email or 'x@example.org'"},
            "copies": {"__source__": "orders"},
        },
        "streams": {name: {**ORDERS_RULE, "event": name} for name in ("orders", "copies")},
    }
    messages = [schema("orders", ORDER_COLUMNS), order(1, email=None)]
    assert target.run(messages, **settings).status == 3
    assert target.rejected_codes() == {"identity_missing": 1}
    reject = json.loads(target.rejects.read_text().splitlines()[1])
    assert (reject["stream"], reject["stream_alias"]) == ("orders", "copies")
    fixed = target.rejects.read_text().replace('"email": null', '"email": "y@example.org"')
    target.rejects.write_text(fixed)
    assert target.replay(**settings).status == 0
    assert sorted(each["evtName"] for each in target.delivered()) == ["copies", "orders"]
