"""When refusals mean a wrong set-up."""

from __future__ import annotations

import itertools

import pytest

from target_clevertap.delivery import circuit_breaker
from target_clevertap.delivery.batch_result import BatchResult, RefusedRecord
from target_clevertap.delivery.checkpoints import Segment
from target_clevertap.delivery.circuit_breaker import CircuitBreaker
from target_clevertap.errors import UploadStopped
from target_clevertap.records.record_status import RecordStatus
from target_clevertap.rejects.reject import Reject
from target_clevertap.singer.origin import Origin

NUMBERS = itertools.count()
UNMATCHED = RecordStatus.held("unmatched", "the response does not account for it")


def breaker_of(rows, *, stops=True):
    return CircuitBreaker(rows, stops=stops, allowed=0)


def refused(code, records=1, stream="orders"):
    origin = Origin(stream, b"")
    status = RecordStatus.refused(code, "column `x` is empty")
    return [
        RefusedRecord(Segment(), Reject(origin, b"%d" % next(NUMBERS), status))
        for _ in range(records)
    ]


def request(code, records=1, stream="orders"):
    """A request of which CleverTap refused every record."""
    return BatchResult([], refused=refused(code, records, stream), settled={stream: records})


def delivered(stream="orders"):
    return BatchResult([Segment()], delivered_by={stream: 1})


class TestRefusedByCleverTap:
    def test_three_requests_stop_the_run(self):
        breaker = breaker_of(1000)
        assert breaker.judge_batch(request(513, records=500)) == []
        assert breaker.judge_batch(request(513, records=499)) == []
        with pytest.raises(UploadStopped, match=r"`orders`: .*code 513: 1000"):
            breaker.judge_batch(request(513))

    def test_they_stop_it_whatever_the_codes(self):
        breaker = breaker_of(10)
        assert (
            breaker.judge_batch(request(513, records=10))
            == breaker.judge_batch(request(515, records=10))
            == []
        )
        with pytest.raises(UploadStopped, match="code 513: 20, code 515: 10"):
            breaker.judge_batch(request(513, records=10))

    def test_sparse_refusals_wait_for_what_comes_after_them(self):
        breaker = breaker_of(1000)
        requests = [request(513) for _ in range(4)]
        assert [breaker.judge_batch(each) for each in requests] == [[]] * 4
        assert breaker.judge_batch(delivered()) == [
            pair for each in requests for pair in each.refused
        ]

    def test_after_a_delivery_they_are_rejects(self):
        breaker = breaker_of(1)
        breaker.judge_batch(delivered())
        for each in [request(513) for _ in range(5)]:
            assert breaker.judge_batch(each) == each.refused

    def test_a_record_that_may_be_taken_releases_what_was_refused_before_it(self):
        breaker = breaker_of(10)
        before, mixed = request(513), request(513)
        mixed.rejects = [Reject(Origin("orders", b""), b"taken?", UNMATCHED)]
        mixed.settled = {"orders": 2}
        assert breaker.judge_batch(before) == []
        assert breaker.judge_batch(mixed) == before.refused + mixed.refused
        assert breaker.release() == []

    def test_a_short_input_of_bad_records_is_not_a_wrong_set_up(self):
        breaker = breaker_of(10)
        breaker.input_ended()
        requests = [request(513, records=4) for _ in range(5)]
        assert all(breaker.judge_batch(each) == [] for each in requests)
        assert breaker.release() == [pair for each in requests for pair in each.refused]

    def test_a_long_one_is_a_wrong_set_up_even_when_it_has_ended(self):
        breaker = breaker_of(10)
        breaker.input_ended()
        assert (
            breaker.judge_batch(request(513, records=10))
            == breaker.judge_batch(request(513, records=10))
            == []
        )
        with pytest.raises(UploadStopped):
            breaker.judge_batch(request(513, records=10))

    def test_requests_that_were_not_sent_are_not_evidence(self):
        breaker = breaker_of(1000)
        breaker.judge_batch(
            BatchResult([Segment()], already_delivered_by={"orders": 1}, settled={"orders": 1})
        )
        assert breaker.judge_batch(request(513)) == []


class TestRefusedByOurOwnChecks:
    def test_three_full_batches_stop_the_run(self):
        breaker = breaker_of(10)
        assert breaker.judge_unsent(refused("date_invalid", 29)) == []
        with pytest.raises(UploadStopped, match="code date_invalid: 30, as column `x` is empty"):
            breaker.judge_unsent(refused("date_invalid"))

    def test_while_others_of_the_stream_are_on_their_way_nobody_knows(self):
        breaker = breaker_of(10)
        breaker.expect("orders", 2)
        bad = refused("date_invalid", 40)
        assert breaker.judge_unsent(bad) == []
        assert breaker.awaits_answers
        assert breaker.judge_batch(delivered()) == bad
        assert not breaker.awaits_answers

    def test_when_those_are_refused_too_the_run_stops(self):
        breaker = breaker_of(10)
        breaker.expect("orders", 2)
        breaker.judge_unsent(refused("date_invalid", 40))
        with pytest.raises(UploadStopped, match="first 42 records"):
            breaker.judge_batch(request(513, records=2))

    def test_they_count_with_those_that_clevertap_refuses(self):
        breaker = breaker_of(10)
        breaker.judge_unsent(refused("date_invalid", 8))
        assert breaker.judge_batch(request(513)) == []
        assert breaker.judge_batch(request(513)) == []
        with pytest.raises(UploadStopped, match="first 11 records"):
            breaker.judge_batch(request(513))

    def test_more_than_few_of_them_stop_a_run_at_its_end(self):
        breaker = breaker_of(10)
        breaker.judge_unsent(refused("date_invalid", 21))
        with pytest.raises(UploadStopped):
            breaker.release()


class TestSeveralStreams:
    def test_one_that_is_delivered_does_not_vouch_for_another(self):
        breaker = breaker_of(10)
        breaker.judge_batch(delivered("users"))
        with pytest.raises(UploadStopped, match="stream `orders`"):
            breaker.judge_unsent(refused("date_invalid", 30))

    def test_a_few_bad_records_of_one_do_not_hold_up_the_others_for_long(self, monkeypatch):
        breaker = breaker_of(10)
        bad = refused("date_invalid", 3)
        assert breaker.judge_unsent(bad) == []
        monkeypatch.setattr(circuit_breaker, "HOLD_SECONDS", -1.0)
        assert breaker.release_old() == []
        breaker.judge_batch(delivered("users"))
        assert breaker.release_old() == bad
        with pytest.raises(UploadStopped, match="first 30 records"):
            breaker.judge_unsent(refused("date_invalid", 27))

    def test_what_is_held_has_a_size(self, monkeypatch):
        monkeypatch.setattr(circuit_breaker, "LARGEST_HELD_BYTES", 3)
        breaker = breaker_of(1000)
        assert len(breaker.judge_unsent(refused("too_large", 100))) > 90


def test_a_run_that_continues_holds_nothing_back():
    breaker = breaker_of(1, stops=False)
    bad = refused("date_invalid", 100)
    assert breaker.judge_unsent(bad) == bad
    each = request(513)
    assert breaker.judge_batch(each) == each.refused
    assert breaker.release() == []
