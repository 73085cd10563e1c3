"""What is answered 200 is in the inbox as it was sent, and what is not says why."""

from __future__ import annotations

import gzip
import http.client
import itertools
import json
import socket
import zlib
from contextlib import closing

import pytest

from tests.support.receiver import ReceiverProcess, head, received

NUMBERS = itertools.count()
MOST = 10 << 20
GZIP = {"Content-Encoding": "gzip"}


@pytest.fixture(scope="module")
def receiver(tmp_path_factory):
    found = ReceiverProcess(tmp_path_factory.mktemp("receive"))
    yield found
    assert found.stop() == 0


def fresh(*, size=0):
    """Return a body that was not sent before."""
    return json.dumps({"targetId": next(NUMBERS), "pad": "x" * size}).encode()


def statuses(answers):
    return [int(each.split(b" ", 1)[0]) for each in answers.split(b"HTTP/1.1 ")[1:]]


BODIES = {
    "json": b'{"targetId": 1, "profiles": [{"Identity": "a"}]}',
    "text": b"not JSON \xff\xfe\x00",
    "form": b"a=1&b=2",
    "blank": b" \r\n",
    "deep": b"[" * 100_000,
    "half a letter": b'{"a": "\\ud800"}',
}


@pytest.mark.parametrize("path", ["/webhook", "/eventbridge"])
@pytest.mark.parametrize("name", BODIES)
def test_any_body_is_stored_as_it_was_sent(receiver, path, name):
    answer = receiver.request(path, BODIES[name])
    assert (answer.status, answer.content["stored"]) == (200, True)
    assert BODIES[name] in receiver.stored()


def test_put_stores_too(receiver):
    body = fresh()
    assert receiver.request(body=body, method="PUT").status == 200
    assert body in receiver.stored()


def test_a_repeated_message_is_stored_once(receiver):
    body = fresh()
    answers = [receiver.request(body=body) for _ in range(3)]
    assert [each.status for each in answers] == [200, 200, 200]
    assert [each.content.get("repeated", False) for each in answers] == [False, True, True]
    assert receiver.stored().count(body) == 1


def test_a_chunked_body_is_stored_whole(receiver):
    body = fresh(size=200_000)
    parts = iter([body[:7], body[7:100_000], body[100_000:]])
    assert receiver.request(body=parts, encode_chunked=True).status == 200
    assert body in receiver.stored()


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [
        ("gzip", lambda body: gzip.compress(body, mtime=0)),
        ("GZip", lambda body: gzip.compress(body[:5], mtime=0) + gzip.compress(body[5:], mtime=0)),
        ("x-gzip", lambda body: gzip.compress(body, mtime=0)),
        ("deflate", zlib.compress),
        ("deflate", lambda body: zlib.compress(body)[2:-4]),
        ("identity", bytes),
        ("deflate, gzip", lambda body: gzip.compress(zlib.compress(body), mtime=0)),
    ],
    ids=["gzip", "members", "x-gzip", "deflate", "raw", "identity", "two"],
)
def test_a_packed_body_is_stored_unpacked(receiver, encoding, pack):
    body = fresh()
    headers = {"Content-Encoding": encoding}
    assert receiver.request(body=pack(body), headers=headers).status == 200
    assert receiver.request(body=body).content["repeated"]
    assert receiver.stored().count(body) == 1


@pytest.mark.parametrize(
    ("encoding", "body", "status"),
    [
        ("br", b"x", 415),
        ("gzip, zstd", b"x", 415),
        ("gzip,gzip,gzip,gzip", b"x", 415),
        ("gzip", b"not packed", 400),
        ("gzip", gzip.compress(b"cut" * 999, mtime=0)[:-4], 400),
        ("gzip", gzip.compress(b"followed", mtime=0) + b"by this", 400),
        ("gzip", gzip.compress(b"m", mtime=0) * 201, 400),
        ("deflate", b"not packed", 400),
        ("gzip", gzip.compress(b"", mtime=0), 400),
        ("gzip", gzip.compress(bytes(MOST + 1), mtime=0), 413),
    ],
    ids=["br", "zstd", "many", "plain", "cut", "followed", "members", "deflate", "empty", "bomb"],
)
def test_a_body_that_cannot_be_unpacked_is_not_stored(receiver, encoding, body, status):
    before = receiver.stored()
    answer = receiver.request(body=body, headers={"Content-Encoding": encoding})
    assert (answer.status, ";" in answer.content["error"]) == (status, True)
    assert receiver.stored() == before


def test_a_body_of_the_largest_size_is_stored(receiver):
    assert receiver.request(body=fresh().ljust(MOST)).status == 200


@pytest.mark.parametrize(("coding", "status"), [("gzip, chunked", 200), ("br, chunked", 415)])
def test_what_is_packed_for_the_way_is_unpacked_too(receiver, coding, status):
    body = fresh()
    headers = {"Transfer-Encoding": coding}
    parts = iter([gzip.compress(body, mtime=0)])
    answer = receiver.request(body=parts, headers=headers, encode_chunked=True)
    assert answer.status == status
    assert receiver.stored().count(body) == (status == 200)


@pytest.mark.parametrize("is_chunked", [False, True])
def test_a_larger_body_is_refused(receiver, is_chunked):
    body = fresh().ljust(MOST + 1)
    given = iter([body[:MOST], body[MOST:]]) if is_chunked else body
    answer = receiver.request(body=given, encode_chunked=is_chunked)
    assert answer.status == 413
    assert body not in receiver.stored()


def test_an_empty_body_is_refused(receiver):
    answer = receiver.request(body=b"")
    assert (answer.status, answer.content["error"].startswith("the body is empty")) == (400, True)


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE", "PATCH", "OPTIONS", "TRACE"])
@pytest.mark.parametrize("path", ["/webhook", "/eventbridge"])
def test_other_methods_are_not_allowed(receiver, method, path):
    assert receiver.request(path, method=method).status == 405


@pytest.mark.parametrize("path", ["/", "/webhook/", "/webhooks", "//webhook", "/%00", "/metrics/x"])
def test_another_path_is_not_known(receiver, path):
    assert receiver.request(path, fresh()).status == 404


@pytest.mark.parametrize("path", ["/health", "/metrics"])
def test_nothing_can_be_posted_elsewhere(receiver, path):
    assert receiver.request(path, fresh()).status == 405


def test_a_query_string_changes_nothing_and_is_not_logged(receiver):
    assert receiver.request("/webhook?secret=hunter2", fresh()).status == 200
    assert "hunter2" not in receiver.log


def test_expect_100_continue(receiver):
    body = fresh()
    with receiver.connect() as connection:
        connection.sendall(head(len(body), Expect="100-continue"))
        assert connection.recv(100).startswith(b"HTTP/1.1 100 Continue")
        connection.sendall(body)
        assert connection.recv(1000).startswith(b"HTTP/1.1 200")


def test_requests_without_waiting_are_answered_in_order(receiver):
    bodies = [fresh() for _ in range(200)]
    requests = [head(len(body)) + body for body in bodies]
    requests[100] = head(0)
    answers = receiver.sent(b"".join(requests))
    assert statuses(answers) == [200] * 100 + [400] + [200] * 99
    assert set(bodies) - set(receiver.stored()) == {bodies[100]}


def test_requests_before_a_broken_one_are_answered(receiver):
    bodies = [fresh() for _ in range(20)]
    answers = receiver.sent(b"".join(head(len(each)) + each for each in bodies) + b"BROKEN\r\n\r\n")
    assert statuses(answers)[:20] == [200] * 20
    assert set(bodies) <= set(receiver.stored())


def test_too_many_requests_without_waiting_are_refused(receiver):
    answers = receiver.sent(head(0, "/nowhere") * 50_000)
    assert len(statuses(answers)) < 50_000
    assert receiver.request("/health", method="GET").status == 200


def test_a_client_that_ends_its_sending_gets_its_answer(receiver):
    body = fresh()
    assert statuses(receiver.sent(head(len(body)) + body)) == [200]


def test_a_body_that_is_cut_is_not_stored(receiver):
    body = fresh()
    assert statuses(receiver.sent(head(len(body) + 10) + body)) == []
    assert body not in receiver.stored()


@pytest.mark.parametrize(
    "request_",
    [
        b"NONSENSE\r\n\r\n",
        b"POST /webhook HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST /webhook HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        b"POST /webhook HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
    ids=["text", "negative", "lengths", "smuggled", "http2", "tls"],
)
def test_what_is_not_http_is_refused(receiver, request_):
    before = receiver.stored()
    with receiver.connect() as connection:
        connection.sendall(request_)
        assert statuses(received(connection)) == [400]
    assert receiver.stored() == before


def test_endless_headers_are_refused(receiver):
    with receiver.connect() as connection:
        connection.sendall(b"POST /webhook HTTP/1.1\r\nHost: a\r\n")
        for number in range(3_000):
            connection.sendall(b"X-%d: %s\r\n" % (number, b"y" * 400))
        connection.shutdown(socket.SHUT_WR)
        assert statuses(received(connection)) == [431]


def test_a_connection_serves_many_requests(receiver):
    connection = http.client.HTTPConnection(receiver.host, receiver.port, timeout=30)
    found = []
    with closing(connection):
        for _ in range(5):
            connection.request("POST", "/webhook", fresh())
            answer = connection.getresponse()
            found.append((answer.status, answer.read()))
            found.append(connection.sock.getsockname())
    assert found == found[:2] * 5


def test_health_says_nothing_but_that_it_works(receiver):
    answer = receiver.request("/health", method="GET")
    assert (answer.status, answer.content) == (200, {"ok": True})


def test_metrics_count_what_was_answered(receiver):
    names = {
        "stored": 'clevertap_inbox_stored_total{source="webhook"}',
        "repeated": 'clevertap_inbox_repeated_total{source="webhook"}',
        "received": 'clevertap_inbox_received_total{source="webhook"}',
        "empty": 'clevertap_inbox_refused_total{reason="empty"}',
        "commits": "clevertap_inbox_commit_seconds_count",
    }
    before = {name: receiver.metric(text) for name, text in names.items()}
    body = fresh()
    for each in (body, body, fresh(), b""):
        receiver.request(body=each)
    rise = {name: receiver.metric(text) - before[name] for name, text in names.items()}
    assert rise == {"stored": 2, "repeated": 1, "received": 3, "empty": 1, "commits": 3}
    assert receiver.metric("clevertap_inbox_last_stored_timestamp_seconds") > 0


def test_memory_that_requests_held_is_given_back(receiver):
    receiver.request(body=fresh(size=1_000_000))
    receiver.sent(head(5_000_000) + bytes(2_000_000))
    assert receiver.metric("clevertap_inbox_held_bytes") < 100_000


def test_a_repeated_event_with_another_body_is_counted(receiver):
    name = 'clevertap_inbox_conflicting_total{source="eventbridge"}'
    before = receiver.metric(name)
    for time in ("1", "1", "2"):
        receiver.request("/eventbridge", json.dumps({"id": "e-7", "time": time}).encode())
    assert receiver.metric(name) == before + 1


def test_the_log_has_no_bodies(receiver):
    body = b"a secret body"
    receiver.request(body=body)
    assert "secret body" not in receiver.log
    assert "Traceback" not in receiver.log
