"""What an answer means as a whole."""

from __future__ import annotations

import pytest

from target_clevertap.api.responses import Answered, RequestRefused, Unknown, read_outcome


def read(status, body=b""):
    return read_outcome(status, body, None, "api.example.org")


@pytest.mark.parametrize("status", [200, 201])
@pytest.mark.parametrize(
    "body",
    [
        b'{"status":"success","processed":2,"unprocessed":[]}',
        b'{"status":"success"}',
        b'{"status":"partial","processed":1,"unprocessed":[{}]}',
        b'{"status":"fail","processed":0,"unprocessed":[{"code":513}]}',
        b'{"status":"fail","code":400,"processed":0,"unprocessed":[{"code":513}]}',
    ],
)
def test_an_answer_for_the_records_one_by_one(status, body):
    assert isinstance(read(status, body), Answered)


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (400, b"", "malformed"),
        (200, b'{"status":"fail","error":"Malformed request","code":400}', "malformed"),
        (413, b"", "too_large"),
    ],
)
def test_a_request_that_is_refused_for_what_is_in_it(status, body, code):
    outcome = read(status, body)
    assert isinstance(outcome, RequestRefused)
    assert outcome.code == code


@pytest.mark.parametrize(
    "body",
    [
        b'{"status":"partial","processed":0,"unprocessed":5}',
        b'{"status":"partial","processed":true,"unprocessed":[]}',
        b'{"status":["success"]}',
        b'{"status":"fail","code":true}',
        b'{"status":"fail","code":true,"processed":0,"unprocessed":[]}',
    ],
)
def test_an_answer_of_an_odd_shape_is_none(body):
    outcome = read(200, body)
    assert isinstance(outcome, Unknown)
    assert not outcome.readable
