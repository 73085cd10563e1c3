"""A request that fails alone is given up soon; in an outage, none is for a quarter of an hour."""

from __future__ import annotations

import pytest

from tap_clevertap.lookups.dispensable import ALL_ALONE_SECONDS, ALONE_SECONDS, Dispensable


def seconds_until_given_up(requests, since, *, answers=(), step=1.0):
    """Return after how long a request is given up that fails again and again."""
    now = since
    waiting = list(answers)
    for _ in range(10_000):
        while waiting and waiting[0] <= now:
            requests.note_answer(waiting.pop(0))
        if requests.gives_up(since, now):
            return now - since
        now += step
    raise AssertionError


def test_one_that_fails_while_others_are_answered_is_given_up_soon():
    assert seconds_until_given_up(Dispensable(), 100.0, answers=[130.0]) == ALONE_SECONDS


def test_one_that_fails_without_answers_to_others_waits_for_the_end_of_an_outage():
    assert seconds_until_given_up(Dispensable(), 100.0) == 900
    assert seconds_until_given_up(Dispensable(), 100.0, answers=[50.0]) == 900
    assert seconds_until_given_up(Dispensable(), 100.0, answers=[800.0]) == 700


def test_after_an_outage_no_other_waits_as_long():
    requests = Dispensable()
    assert seconds_until_given_up(requests, 0.0) == 900
    assert seconds_until_given_up(requests, 900.0) == 1


def test_each_is_tried_again_at_least_once():
    requests = Dispensable()
    requests.note_answer(5.0)
    assert not requests.gives_up(4.0, 4.0)
    assert seconds_until_given_up(requests, 10.0, answers=[10.5]) == ALONE_SECONDS


@pytest.mark.parametrize("failing", [40, 400])
def test_many_that_fail_alone_are_given_up_within_a_limit(failing):
    requests, now, spent = Dispensable(), 0.0, 0.0
    for _ in range(failing):
        spent += seconds_until_given_up(requests, now, answers=[now + 0.5])
        now += 100.0
    assert spent <= ALL_ALONE_SECONDS + failing
