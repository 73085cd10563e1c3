"""Pushed messages over real HTTP, to servers that answer, fail, are late or lose their answers."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import threading
from collections import Counter
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner

from clevertap_emulator.cli import main
from clevertap_emulator.push.command import HISTORY
from tests.support.certificates import Certificates
from tests.support.raw_server import RawServer, over_tls

README = Path(__file__).parents[3] / "clevertap-emulator" / "README.md"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
BROKEN = b"HTTP/1.1 500 Broken\r\nContent-Length: 0\r\n\r\n"
HALF = b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nok"
CONTINUED = b"HTTP/1.1 100 Continue\r\n\r\n" + OK
CLOSING = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
UNTIL_THE_END = b"HTTP/1.0 200 OK\r\n\r\nok"
LATE = None


class Receiver:
    """A server that answers the attempts at each message in turn, and keeps what came.

    `answers` are bytes, or None to be late; after the last of them all are answered 200.
    """

    def __init__(self, *answers, wrap=lambda answer: answer):
        self._answers = answers
        self.requests = []
        self._attempts = Counter()
        self._end = threading.Event()
        self._server = RawServer(wrap(self._serve))
        self.host = self._server.host

    @property
    def connections(self):
        return self._server.connections

    @property
    def bodies(self):
        return [body for _, body in self.requests]

    def close(self):
        self._end.set()
        self._server.close()

    def _serve(self, connection):
        buffer = b""
        while True:
            while b"\r\n\r\n" not in buffer:
                more = connection.recv(65536)
                if not more:
                    return
                buffer += more
            head, _, buffer = buffer.partition(b"\r\n\r\n")
            size = int(re.search(rb"(?i)content-length: (\d+)", head)[1])
            while len(buffer) < size:
                more = connection.recv(65536)
                if not more:
                    return
                buffer += more
            body, buffer = buffer[:size], buffer[size:]
            self.requests.append((head.decode(), body))
            self._attempts[body] += 1
            number = self._attempts[body] - 1
            answer = self._answers[number] if number < len(self._answers) else OK
            if answer is LATE:
                self._end.wait(30)
                return
            connection.sendall(answer)
            if answer in {b"", HALF, CLOSING, UNTIL_THE_END, b"nonsense\r\n\r\n"}:
                return


@pytest.fixture
def receiver():
    made = []

    def start(*answers, **options):
        made.append(Receiver(*answers, **options))
        return made[-1]

    yield start
    for each in made:
        each.close()


class Pushed:
    """A run of the command in this process: its exit status, its words and its truth."""

    def __init__(self, host, truth, *flags, path="/webhook", scheme="http"):
        command = ["push", "--to", f"{scheme}://{host}{path}", "--truth", str(truth)]
        command += ["--today", "2026-08-31", "--rate", "0", "--retry-seconds", "0", *flags]
        ended = CliRunner().invoke(main, command)
        assert ended.exception is None or isinstance(ended.exception, SystemExit)
        self.status, self.output = ended.exit_code, ended.output
        lines = truth.read_bytes().splitlines() if truth.is_file() else []
        self.truth = [json.loads(line) for line in lines]

    @property
    def results(self):
        return [[attempt["result"] for attempt in line["attempts"]] for line in self.truth]


@pytest.fixture
def push(tmp_path):
    return lambda host, *flags, **more: Pushed(host, tmp_path / "truth", *flags, **more)


def test_each_message_arrives_once_over_connections_that_are_kept(receiver, push):
    server = receiver()
    pushed = push(server.host, "--messages", "60", "--connections", "3")
    assert pushed.status == 0, pushed.output
    assert pushed.results == [[200]] * 60
    assert sorted(line["number"] for line in pushed.truth) == [*range(1, 61)]
    assert Counter(line["body"].encode() for line in pushed.truth) == Counter(server.bodies)
    assert len(set(server.bodies)) == 60
    assert server.connections == 3
    assert "pushed 60 messages in 60 attempts" in pushed.output


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        (BROKEN, 500),
        (b"", "cut"),
        (HALF, "cut"),
        (b"nonsense\r\n\r\n", "garbled"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204),
    ],
    ids=["error", "closed", "half", "nonsense", "no-content"],
)
def test_what_is_not_answered_200_is_sent_again_with_equal_bytes(receiver, push, answer, result):
    server = receiver(answer, answer)
    pushed = push(server.host, "--messages", "5")
    assert pushed.status == 0, pushed.output
    assert pushed.results == [[result, result, 200]] * 5
    assert set(Counter(server.bodies).values()) == {3}
    assert f"other attempts: 10 {result}" in pushed.output


def test_what_is_never_answered_is_given_up_and_the_status_says_so(receiver, push):
    server = receiver(*[BROKEN] * 9)
    pushed = push(server.host, "--messages", "3", "--retries", "1")
    assert pushed.status == 1
    assert pushed.results == [[500, 500]] * 3
    assert not any(line["answered_200"] for line in pushed.truth)
    assert len(server.requests) == 6


def test_an_attempt_takes_no_longer_than_its_timeout(receiver, push):
    server = receiver(LATE)
    pushed = push(server.host, "--messages", "2", "--timeout", "2", "--connections", "1")
    assert pushed.results == [["timeout", 200]] * 2
    assert server.connections == 3


def test_nobody_there_is_an_attempt_too(push):
    pushed = push("127.0.0.1:9", "--messages", "2")
    assert pushed.status == 1
    assert pushed.results == [["unreachable"] * 3] * 2


@pytest.mark.parametrize(
    "answer",
    [CONTINUED, CLOSING, CHUNKED, UNTIL_THE_END],
    ids=["continued", "closing", "chunked", "until-the-end"],
)
def test_every_form_of_an_answer_is_understood(receiver, push, answer):
    server = receiver(*[answer] * 3)
    pushed = push(server.host, "--messages", "6", "--connections", "2")
    assert pushed.results == [[200]] * 6


def test_an_answer_that_counts_as_lost_has_the_message_sent_again(receiver, push):
    server = receiver()
    pushed = push(server.host, "--messages", "12", "--lose-one-in", "4", "--connections", "1")
    lost = [line["number"] for line in pushed.truth if line["attempts"][0]["result"] == "lost"]
    assert sorted(lost) == [4, 8, 12]
    assert all(line["answered_200"] for line in pushed.truth)
    assert len(server.requests) == 15
    assert server.connections == 4
    assert len(set(server.bodies)) == 12


@pytest.mark.parametrize(
    ("flags", "line"),
    [
        (["--username", "ä", "--password", "p:w"], "Authorization: Basic w6Q6cDp3"),
        (["--token", "secret"], "Authorization: Bearer secret"),
        (["--header", "X-Secret: of ours"], "X-Secret: of ours"),
        (["--method", "PUT"], "PUT /webhook?a=1&b=%20 HTTP/1.1"),
        (["--kind", "eventbridge"], "User-Agent: Amazon/EventBridge/ApiDestinations"),
    ],
)
def test_a_request_has_what_was_asked_for(receiver, push, flags, line):
    server = receiver()
    push(server.host, "--messages", "1", *flags, path="/webhook?a=1&b=%20")
    ((head, _),) = server.requests
    assert line in head.split("\r\n")
    assert f"Host: {server.host}" in head.split("\r\n")


def test_equal_settings_send_equal_bytes_and_a_number_has_its_own(receiver, push):
    whole, again, part, other = (receiver() for _ in range(4))
    flags = ("--odd-values", "on", "--connections", "1")
    push(whole.host, "--messages", "60", *flags)
    push(again.host, "--messages", "60", *flags)
    push(part.host, "--messages", "20", "--first", "41", *flags)
    push(other.host, "--messages", "60", "--seed", "8", *flags)
    assert whole.bodies == again.bodies
    assert whole.bodies[40:] == part.bodies
    assert set(whole.bodies) != set(other.bodies)
    assert len(set(whole.bodies)) == 60


def test_the_truth_gives_bodies_back_whatever_they_are(receiver, tmp_path):
    server = receiver()
    flags = ("--messages", "60", "--odd-values", "on")
    pushed = Pushed(server.host, tmp_path / "a", *flags)
    assert any("body_base64" in line for line in pushed.truth)
    digests = {line["sha256"] for line in pushed.truth}
    assert digests == {sha256(body).hexdigest() for body in server.bodies}
    short = Pushed(server.host, tmp_path / "b", *flags, "--truth-bodies", "off")
    assert {line["sha256"] for line in short.truth} == digests
    assert not {"body", "body_base64"} & {name for line in short.truth for name in line}


def test_over_tls_only_a_trusted_certificate_will_do(receiver, push, tmp_path):
    certificates = Certificates(tmp_path)
    server = receiver(wrap=lambda answer: over_tls(answer, **certificates.right))
    flags = ("--messages", "3", "--ca", certificates.trusted)
    assert push(server.host, *flags, scheme="https").results == [[200]] * 3
    refused = push(server.host, "--messages", "3", scheme="https")
    assert refused.results == [["untrusted"] * 3] * 3
    assert len(server.requests) == 3


def test_a_signal_ends_it_after_what_is_in_flight(receiver, tmp_path):
    server, truth = receiver(BROKEN), tmp_path / "truth"
    flags = ["--to", f"http://{server.host}/", "--truth", str(truth), "--messages", "0"]
    process = subprocess.Popen(
        [sys.executable, "-m", "clevertap_emulator", "push", *flags, "--rate", "200"],
        stdout=subprocess.PIPE,
        text=True,
    )
    while len(server.requests) < 20 and process.poll() is None:
        threading.Event().wait(0.01)
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=60)
    lines = [json.loads(line) for line in truth.read_bytes().splitlines()]
    assert process.returncode == 1
    assert "Traceback" not in output
    assert sorted(line["number"] for line in lines) == [*range(1, len(server.requests) + 1)]
    assert {line["attempts"][0]["result"] for line in lines} == {500}


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        (["--to", "ftp://a/"], "--to: is not an http or https URL"),
        (["--to", "http://a:99999/"], "--to: is not an http or https URL"),
        (["--to", "http://[::1/"], "--to: is not an http or https URL"),
        (["--to", "http://a.b/c d"], "--to: is not an http or https URL"),
        (["--to", "http://me:secret@a/"], "--to: has credentials"),
        (["--to", "http://a/", "--header", "nothing"], "--header: is not a header"),
        (["--to", "http://a/", "--header", "a: b\r\nc: d"], "--header: is not a header"),
        (["--to", "http://a/", "--token", "a\nb"], "--token: has characters"),
        (["--to", "http://a/", "--username", "a:b"], "--username: has a colon"),
        (["--to", "http://a/", "--content", "event"], "--content: event does not go with --kind"),
        (["--to", "http://a/", "--connections", "0"], "--connections"),
        (["--to", "https://a/", "--ca", "/nowhere"], "--ca: cannot read certificates"),
        (["--to", "http://a/", "--truth", "/nowhere/a"], "--truth: cannot write"),
        (["--to", "http://a/", "--events-per-day", "0"], "the history has no events to push"),
    ],
)
def test_flags_that_do_not_go_are_explained_without_secrets(flags, named):
    ended = CliRunner().invoke(main, ["push", *flags])
    assert ended.exit_code in {1, 2}
    assert named in ended.output
    assert "secret" not in ended.output


def test_the_readme_lists_every_flag():
    shown = CliRunner().invoke(main, ["push", "--help"], terminal_width=200).output
    flags = set(re.findall(r"^  (--[a-z-]+)", shown, re.MULTILINE))
    section = README.read_text().partition("\n## Webhooks and EventBridge\n")[2]
    section = section.partition("\n## ")[0]
    rows = "\n".join(line.split("|")[1] for line in section.splitlines() if line.startswith("| `"))
    shared = {"--" + name.replace("_", "-") for name in HISTORY}
    assert set(re.findall(r"--[a-z-]+", rows)) == flags - shared
    assert all(f"`{flag}`" in section for flag in shared)
