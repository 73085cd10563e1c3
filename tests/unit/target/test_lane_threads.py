"""A delivery that came to its end has nothing on its way."""

from __future__ import annotations

import threading
from dataclasses import replace

from target_clevertap.delivery.lane_threads import LaneThreads
from target_clevertap.delivery.lanes import Batch, Limits

SECONDS = 5
LIMITS = Limits(lanes=1, rows=1, request_bytes=1000, flush_seconds=1)


def lingering(was_emptied, may_go_on):
    """Return a condition that a lane leaves slowly, once no records wait."""
    reader = threading.current_thread()

    class Lingering(threading.Condition):
        threads = None

        def __exit__(self, *raised):
            super().__exit__(*raised)
            if threading.current_thread() is not reader and not self.threads.waiting_records:
                was_emptied.set()
                may_go_on.wait(SECONDS)

    return Lingering


def test_a_delivery_ends_when_no_lane_is_busy(monkeypatch):
    was_emptied, may_go_on = threading.Event(), threading.Event()
    condition = lingering(was_emptied, may_go_on)
    with monkeypatch.context() as patch:
        patch.setattr(threading, "Condition", condition)
        threads = LaneThreads(
            LIMITS, lambda _: None, lambda: None, wake=lambda: None, check=may_go_on.set
        )
    condition.threads = threads
    threads.start()
    threads.enqueue(Batch(0, 0.0, entries=[object()]), 0)
    assert was_emptied.wait(SECONDS)
    threads.wait_until_empty()
    in_flight = threads.requests_in_flight
    may_go_on.set()
    threads.halt()
    assert in_flight == 0


def test_lanes_without_a_batch_end_before_the_waiting_does():
    begun, may_end = threading.Event(), threading.Event()

    def deliver(_batch):
        begun.set()
        may_end.wait(SECONDS)

    limits = replace(LIMITS, lanes=5)
    threads = LaneThreads(limits, deliver, lambda: None, wake=lambda: None, check=lambda: None)
    before = set(threading.enumerate())
    threads.start()
    threads.enqueue(Batch(0, 0.0, entries=[object()]), 0)
    assert begun.wait(SECONDS)
    threads.halt()
    assert len(threads.wait(lambda: 0.0)) == 1
    assert len(set(threading.enumerate()) - before) == 1
    may_end.set()
    assert not threads.wait(lambda: float("inf"))
    assert set(threading.enumerate()) <= before
