"""Whatever fails: what was answered 200 is stored, and what is not stored is answered 503."""

from __future__ import annotations

import http.client
import json
import re
import resource
import signal
import sqlite3
import threading
import time
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from tests.support.receiver import ReceiverProcess, head, received, refused

CLIENTS = 8


class Load:
    """Clients that send messages one after the other until the receiver is gone."""

    def __init__(self, receiver):
        self.receiver = receiver
        self.answered, self.sent = set(), set()
        self.threads = [threading.Thread(target=self.run, args=(n,)) for n in range(CLIENTS)]
        for each in self.threads:
            each.start()

    def run(self, client):
        connection = http.client.HTTPConnection(self.receiver.host, self.receiver.port, timeout=30)
        with closing(connection):
            for number in range(100_000):
                body = json.dumps({"client": client, "number": number}).encode()
                try:
                    self.sent.add(body)
                    connection.request("POST", "/webhook", body)
                    answer = connection.getresponse()
                    answer.read()
                except (OSError, http.client.HTTPException):
                    return
                if answer.status == 200:
                    self.answered.add(body)

    def wait(self, number):
        for _ in range(3_000):
            if len(self.answered) >= number:
                return
            time.sleep(0.01)
        pytest.fail(f"only {len(self.answered)} answers; {self.receiver.log}")

    def end(self):
        for each in self.threads:
            each.join(30)


def test_a_kill_loses_no_answered_message(tmp_path):
    for round_ in range(1, 4):
        receiver = ReceiverProcess(tmp_path)
        load = Load(receiver)
        load.wait(100 * round_)
        receiver.stop(signal.SIGKILL)
        load.end()
        stored = receiver.stored()
        assert load.answered <= set(stored)
        assert len(stored) == len(set(stored))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_it_with_all_answered(tmp_path, number):
    receiver = ReceiverProcess(tmp_path)
    load = Load(receiver)
    load.wait(200)
    assert receiver.stop(number) == 0
    load.end()
    assert load.answered == set(receiver.stored())
    assert not Path(f"{receiver.inbox}-wal").exists()


def test_a_request_in_flight_is_finished_after_sigterm(tmp_path):
    receiver = ReceiverProcess(tmp_path)
    with receiver.connect() as busy, receiver.connect() as idle:
        busy.sendall(head(10) + b"01234")
        receiver.request("/health", method="GET")  # so both connections are known by now
        receiver.process.send_signal(signal.SIGTERM)
        assert received(idle) == b""
        busy.sendall(b"56789")
        assert received(busy).startswith(b"HTTP/1.1 200")
    assert receiver.stop() == 0
    assert receiver.stored() == [b"0123456789"]


def test_a_full_disk_is_answered_503_until_there_is_room(tmp_path):
    receiver = ReceiverProcess(tmp_path)
    receiver.request(body=b"before")
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.prlimit(receiver.process.pid, resource.RLIMIT_FSIZE, (150_000, hard))
    answers = [receiver.request(body=b"%d" % n + bytes(20_000)) for n in range(12)]
    assert {each.status for each in answers} == {200, 503}
    assert receiver.request("/health", method="GET").status == 503
    assert "messages are answered with 503: inbox_path" in receiver.log
    assert receiver.log.count("answered with 503") == 1
    resource.prlimit(receiver.process.pid, resource.RLIMIT_FSIZE, (hard, hard))
    assert receiver.request(body=b"after").status == 200
    assert receiver.request("/health", method="GET").status == 200
    assert "messages are stored again" in receiver.log
    stored = receiver.stored()
    expected = [b"%d" % n + bytes(20_000) for n, each in enumerate(answers) if each.status == 200]
    assert stored == [b"before", *expected, b"after"]
    assert receiver.stop() == 0


def test_health_finds_out_that_there_is_room_again(tmp_path):
    receiver = ReceiverProcess(tmp_path)
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.prlimit(receiver.process.pid, resource.RLIMIT_FSIZE, (1, hard))
    assert receiver.request(body=b"a").status == 503
    resource.prlimit(receiver.process.pid, resource.RLIMIT_FSIZE, (hard, hard))
    for _ in range(300):
        if receiver.request("/health", method="GET").status == 200:
            break
        time.sleep(0.05)
    else:
        pytest.fail(receiver.log)
    assert receiver.stop() == 0


def test_a_locked_inbox_is_answered_503_while_it_is_locked(tmp_path):
    receiver = ReceiverProcess(tmp_path)
    receiver.request(body=b"before")
    with closing(sqlite3.connect(receiver.inbox, isolation_level=None)) as database:
        database.execute("BEGIN IMMEDIATE")
        assert receiver.request(body=b"refused").status == 503
        database.execute("ROLLBACK")
    assert receiver.request(body=b"after").status == 200
    assert receiver.stored() == [b"before", b"after"]
    assert receiver.stop() == 0


@pytest.mark.parametrize("what", ["removed", "replaced"])
def test_a_file_that_is_gone_is_noticed(tmp_path, what):
    other_folder = tmp_path / "other"
    other_folder.mkdir()
    receiver = ReceiverProcess(tmp_path)
    receiver.request(body=b"before")
    if what == "removed":
        receiver.inbox.unlink()
    else:
        other = ReceiverProcess(other_folder)
        other.request(body=b"of another")
        assert other.stop() == 0
        other.inbox.rename(receiver.inbox)
    assert receiver.request(body=b"refused").status == 503
    assert receiver.request(body=b"after").status == 200
    assert receiver.stored() == ([b"after"] if what == "removed" else [b"of another", b"after"])
    assert "was removed, replaced or emptied" in receiver.log
    assert "there is another inbox now" in receiver.log
    assert receiver.stop() == 0


def test_two_receivers_share_an_inbox(tmp_path):
    first, second = ReceiverProcess(tmp_path), ReceiverProcess(tmp_path)
    loads = [Load(first), Load(second)]
    for each in loads:
        each.wait(100)
    assert [each.stop() for each in (first, second)] == [0, 0]
    for each in loads:
        each.end()
    stored = first.stored()
    assert loads[0].answered | loads[1].answered == set(stored)
    assert len(stored) == len(set(stored))


def test_a_file_that_is_no_inbox_is_refused_at_start(tmp_path):
    (tmp_path / "inbox.sqlite").write_text("some text of somebody")
    assert "is not an inbox; choose another path" in refused(folder=tmp_path)
    assert (tmp_path / "inbox.sqlite").read_text() == "some text of somebody"


def test_slow_requests_are_not_waited_for(tmp_path):
    receiver = ReceiverProcess(tmp_path)
    slow = {
        "silent": b"",
        "blank": b"\r\n",
        "head": b"POST /webhook HTT",
        "header": head(10)[:-2],
        "body": head(10) + b"01234",
        "refused": head(10, "/nowhere") + b"01234",
    }
    connections = {name: receiver.connect() for name in slow}
    for name, connection in connections.items():
        connection.sendall(slow[name])
    answers = {name: received(connection) for name, connection in connections.items()}
    for connection in connections.values():
        connection.close()
    found = {name: re.findall(rb"HTTP/1.1 (\d+)", answer) for name, answer in answers.items()}
    timeout = {key: [b"408"] for key in ("head", "header", "body")}
    assert found == {"silent": [], "blank": [], **timeout, "refused": [b"404"]}
    assert receiver.stored() == []
    assert receiver.stop() == 0


def test_connections_above_what_the_system_allows_are_refused(tmp_path):
    receiver = ReceiverProcess(tmp_path, files=100)
    with ExitStack() as stack:
        connections = [stack.enter_context(receiver.connect()) for _ in range(60)]
        assert {received(each)[9:12] for each in connections[40:]} == {b"503"}
        connections[0].sendall(head(1) + b"a")
        assert connections[0].recv(100).startswith(b"HTTP/1.1 200")
    for _ in range(300):  # until it knows that they are closed
        if receiver.request(body=b"b").status == 200:
            break
        time.sleep(0.05)
    assert receiver.stored() == [b"a", b"b"]
    assert receiver.stop() == 0
