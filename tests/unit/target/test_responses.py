"""The status of each record in a response."""

from __future__ import annotations

import msgspec
import pytest

from target_clevertap.api.responses import read_statuses
from target_clevertap.records.record_status import DELIVERED


def record(number, **more):
    return {
        "type": "event",
        "identity": f"user {number}",
        "ts": 1000 + number,
        "evtName": "X",
        "evtData": {"n": number},
        **more,
    }


RECORDS = [record(number) for number in range(1, 6)]
PAYLOADS = [msgspec.json.encode(each) for each in RECORDS]


def item(number, *, echo=None, code=513, text="Trying to raise a restricted system event."):
    numbered = f"{text} Skipped record number : {number}" if number is not None else text
    found = {"status": "fail", "code": code, "error": numbered}
    return found if echo is None else {**found, "record": echo}


class Reading:
    """The statuses of a request's records, sorted by kind."""

    def __init__(self, statuses):
        places = list(enumerate(statuses))
        again = [(place, status) for place, status in places if status.is_retryable]
        self.again = again
        self.delivered = [place for place, status in places if status is DELIVERED]
        self.refused = [each for each in places if each[1].is_refused and each not in again]
        self.unmatched = [place for place, status in places if status.code == "unmatched"]


def read(*items, processed, status="partial"):
    body = {"status": status, "processed": processed, "unprocessed": list(items)}
    return Reading(read_statuses(body, PAYLOADS))


def test_a_success_delivers_all():
    assert read(processed=5, status="success").delivered == [0, 1, 2, 3, 4]


def test_only_the_named_records_are_refused():
    reading = read(item(2, echo=RECORDS[1]), item(5, echo=RECORDS[4], code=525), processed=3)
    assert reading.delivered == [0, 2, 3]
    assert [(place, status.code) for place, status in reading.refused] == [(1, 513), (4, 525)]
    assert reading.unmatched == []
    assert reading.refused[0][1].reason == "Trying to raise a restricted system event."


def test_an_answer_may_refuse_all():
    items = [item(number, echo=RECORDS[number - 1]) for number in range(1, 6)]
    reading = read(*items, processed=0, status="fail")
    assert len(reading.refused) == 5
    assert not reading.delivered
    assert not reading.unmatched


def test_a_server_error_of_one_record_may_be_tried_again():
    reading = read(item(3, echo=RECORDS[2], code=555), processed=4)
    assert [place for place, _ in reading.again] == [2]
    assert reading.delivered == [0, 1, 3, 4]


def test_without_an_echo_the_number_decides():
    assert [place for place, _ in read(item(4), processed=4).refused] == [3]


def test_an_echo_formatted_otherwise_still_confirms():
    echo = {**RECORDS[1], "ts": "1002", "extra": None}
    assert [place for place, _ in read(item(2, echo=echo), processed=4).refused] == [1]


def test_where_number_and_echo_disagree_the_one_record_of_the_echo_decides():
    reading = read(item(1, echo=RECORDS[2]), processed=4)
    assert [place for place, _ in reading.refused] == [2]


def test_without_a_number_the_echo_decides():
    reading = read(item(None, echo=RECORDS[2]), processed=4)
    assert [place for place, _ in reading.refused] == [2]


def test_equal_echoes_are_distinguished_by_their_data():
    payloads = [msgspec.json.encode(record(1, ts=5, evtData={"n": number})) for number in range(3)]
    body = {
        "processed": 2,
        "status": "partial",
        "unprocessed": [item(None, echo=record(1, ts=5, evtData={"n": 2}))],
    }
    assert [place for place, _ in Reading(read_statuses(body, payloads)).refused] == [2]


@pytest.mark.parametrize(
    ("items", "processed"),
    [
        ([item(None)], 4),
        ([item(9)], 4),
        ([item(None, echo=record(77))], 4),
        ([item(2, echo=record(77))], 4),
        ([], 4),
        ([], 0),
        ([], None),
    ],
    ids=["nothing", "beyond", "stranger", "number of a stranger", "one short", "none", "no count"],
)
def test_when_it_cannot_be_told_which_record_is_meant_all_unnamed_are_unmatched(items, processed):
    reading = read(*items, processed=processed)
    assert reading.unmatched == [0, 1, 2, 3, 4]
    assert not reading.delivered


def test_an_answer_that_does_not_add_up_leaves_the_unnamed_unmatched():
    reading = read(item(2, echo=RECORDS[1]), processed=3)
    assert [place for place, _ in reading.refused] == [1]
    assert reading.unmatched == [0, 2, 3, 4]


def test_two_items_for_one_record_leave_the_unnamed_unmatched():
    reading = read(item(2, echo=RECORDS[1]), item(2, echo=RECORDS[1]), processed=3)
    assert reading.unmatched == [0, 2, 3, 4]


def test_more_processed_than_sent_still_delivers_the_unnamed():
    reading = read(item(2, echo=RECORDS[1]), processed=7)
    assert reading.delivered == [0, 2, 3, 4]


def test_a_success_with_too_small_a_count_is_no_success():
    assert read(processed=3, status="success").unmatched == [0, 1, 2, 3, 4]
