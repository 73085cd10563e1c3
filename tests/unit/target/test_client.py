"""What an answer means as a whole, and which hosts are talked to."""

from __future__ import annotations

from importlib.metadata import version

import pytest
import requests

from tap_clevertap import client as tap_client
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


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2", 2.0),
        ("1.5", 1.5),
        (" 0 ", 0.0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("inf", None),
        ("nan", None),
        ("-1", None),
        ("1e300", None),
        ("soon", None),
        ("", None),
        ("\u00b2", None),
    ],
)
def test_both_plugins_read_a_pause_alike(text, seconds):
    answer = requests.Response()
    answer.headers["Retry-After"] = text
    assert retry_after(answer.headers) == seconds
    assert tap_client._retry_after(answer) == seconds


def test_a_pause_until_an_instant_is_the_time_until_then():
    assert retry_after({"Retry-After": "Wed, 21 Oct 2989 07:28:00 GMT"}) > 3600


def test_both_plugins_say_who_they_are():
    client = tap_client.Client(
        url="https://h", account_id="a", passcode="p", request_timeout=1, max_in_flight=1
    )
    assert client._headers["User-Agent"] == f"tap-clevertap/{version('tap-clevertap')}"


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
