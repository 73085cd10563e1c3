"""Which state may be written."""

from __future__ import annotations

import random

from target_clevertap.delivery.checkpoints import Checkpoints


def accept(checkpoints, count):
    checkpoints.current.accepted += count
    return [checkpoints.current] * count


def test_a_state_with_nothing_before_it_is_written_at_once():
    written = []
    Checkpoints(written.append).close_segment(b"1")
    assert written == [b"1"]


def test_a_state_waits_for_all_before_it():
    written = []
    checkpoints = Checkpoints(written.append)
    first = accept(checkpoints, 2)
    checkpoints.close_segment(b"1")
    second = accept(checkpoints, 1)
    checkpoints.close_segment(b"2")
    checkpoints.settle(second)
    assert written == []
    checkpoints.settle(first[:1])
    assert written == []
    checkpoints.settle(first[1:])
    assert written == [b"2"]


def test_records_after_the_last_state_hold_up_nothing():
    written = []
    checkpoints = Checkpoints(written.append)
    checkpoints.close_segment(b"1")
    accept(checkpoints, 1)
    assert written == [b"1"]


def test_nothing_is_written_after_the_end():
    written = []
    checkpoints = Checkpoints(written.append)
    records = accept(checkpoints, 1)
    checkpoints.close_segment(b"1")
    checkpoints.end()
    checkpoints.settle(records)
    assert written == []


def test_in_any_order_of_settling_states_are_true_and_never_go_back():
    for seed in range(50):
        order = random.Random(seed)
        written = []
        checkpoints = Checkpoints(lambda state, written=written: written.append(int(state)))
        pending = []
        for number in range(20):
            pending += [(number, segment) for segment in accept(checkpoints, order.randrange(4))]
            checkpoints.close_segment(str(number).encode())
            while pending and order.random() < 0.5:
                _, segment = pending.pop(order.randrange(len(pending)))
                checkpoints.settle([segment])
            oldest = min((number for number, _ in pending), default=20)
            assert not written or written[-1] < oldest
        for _, segment in pending:
            checkpoints.settle([segment])
        assert written == sorted(set(written))
        assert written[-1] == 19
