"""What an answer means as a whole, and which hosts are talked to."""

from __future__ import annotations

import pytest

from target_clevertap.client import base_url, retry_after
from target_clevertap.outcomes import Answered, Indigestible, Unknown, read_outcome


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


def test_a_pause_that_is_no_number_is_not_kept():
    assert retry_after({"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}) is None
    assert retry_after({"Retry-After": "inf"}) is None


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
    assert isinstance(outcome, Indigestible)
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


@pytest.mark.parametrize(
    ("region", "api_url", "url"),
    [
        ("eu1", None, "https://api.clevertap.com"),
        ("global", None, "https://api.clevertap.com"),
        ("in1", "", "https://in1.api.clevertap.com"),
        ("in1", "https://api.example.org/", "https://api.example.org"),
        ("in1", "http://localhost:8025", "http://localhost:8025"),
        ("in1", "http://[::1]:8025", "http://[::1]:8025"),
    ],
)
def test_the_host_is_the_regions_or_the_users(region, api_url, url):
    assert base_url(region, api_url) == url
