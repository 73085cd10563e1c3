"""When refusals mean a wrong set-up."""

from __future__ import annotations

import pytest

from target_clevertap.checkpoints import Segment
from target_clevertap.errors import UploadStopped
from target_clevertap.rejects import Origin, Reject
from target_clevertap.trial import Settlement, Trial


def refused(code, records=1):
    rejects = [Reject(Origin("orders", b""), b"{}", code, "")] * records
    return Settlement([Segment()] * records, rejects=rejects, refused_with=code)


def delivered():
    return Settlement([Segment()], delivered=1)


def test_three_batches_refused_alike_stop_the_run():
    trial = Trial(rows=1000)
    assert trial.judge(refused(513, records=500)) == []
    assert trial.judge(refused(513, records=499)) == []
    with pytest.raises(UploadStopped, match="code 513"):
        trial.judge(refused(513))


def test_a_few_sparse_refusals_wait_for_what_comes_after_them():
    trial = Trial(rows=1000)
    batches = [refused(513) for _ in range(4)]
    assert [trial.judge(each) for each in batches] == [[]] * 4
    good = delivered()
    assert trial.judge(good) == [*batches, good]


def test_a_delivery_releases_what_was_held_back():
    trial = Trial(rows=1000)
    first, good = refused(513), delivered()
    assert trial.judge(first) == []
    assert trial.judge(good) == [first, good]
    later = [refused(513) for _ in range(5)]
    assert [trial.judge(each) for each in later] == [[each] for each in later]


def test_three_batches_refused_differently_are_bad_records():
    trial = Trial(rows=1000)
    batches = [refused(513), refused(515), refused(513)]
    assert trial.judge(batches[0]) == trial.judge(batches[1]) == []
    assert trial.judge(batches[2]) == batches


def test_a_short_input_of_bad_records_is_no_wrong_set_up():
    trial = Trial(rows=10)
    trial.input_ended()
    batches = [refused(513, records=4) for _ in range(5)]
    assert all(trial.judge(each) == [] for each in batches)
    assert trial.release() == batches


def test_a_long_input_of_bad_records_is_a_wrong_set_up_even_when_it_has_ended():
    trial = Trial(rows=10)
    trial.input_ended()
    assert trial.judge(refused(513, records=10)) == trial.judge(refused(513, records=10)) == []
    with pytest.raises(UploadStopped):
        trial.judge(refused(513, records=10))


def test_batches_that_were_not_sent_are_no_evidence():
    trial = Trial(rows=1000)
    known = Settlement([Segment()], already_delivered=1)
    assert trial.judge(known) == [known]
    assert trial.judge(refused(513)) == []
