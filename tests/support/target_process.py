"""The target as its users run it: a process between a Singer file and CleverTap's stand-in."""

from __future__ import annotations

import json
import os
import select
import subprocess
import threading
import time
from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from tests.support.launcher import lent_launcher
from tests.support.plugin_process import BIN
from tests.support.reports import check_line, check_report
from tests.support.run_output import clean_environment

ORDERS_RULE = {"type": "event", "event": "Ordered", "identity": "email", "time": "created_at"}
USERS_RULE = {"type": "profile", "identity": "email"}
ORDER_COLUMNS = {
    "id": {"type": "integer"},
    "email": {"type": ["string", "null"]},
    "created_at": {"type": "string", "format": "date-time"},
    "total": {"type": "number"},
}
USER_COLUMNS = {"email": {"type": "string"}, "plan": {"type": "string"}}


def schema(stream, columns, keys=("id",), bookmarks=("created_at",)):
    return {
        "type": "SCHEMA",
        "stream": stream,
        "schema": {"properties": columns},
        "key_properties": list(keys),
        "bookmark_properties": list(bookmarks),
    }


def record(stream, **columns):
    return {"type": "RECORD", "stream": stream, "record": columns}


def order(number, user=None, **more):
    columns = {
        "id": number,
        "email": f"user{number % 97 if user is None else user}@example.org",
        "created_at": f"2026-01-01T00:{number // 60 % 60:02}:{number % 60:02}Z",
        "total": number / 4,
    }
    return record("orders", **{**columns, **more})


def state(value):
    return {"type": "STATE", "value": value}


def orders(count, *, states_every=500, first=0):
    """Return orders with a STATE after every so many, whose value is how many came before it."""
    messages = [schema("orders", ORDER_COLUMNS)]
    for number in range(first, first + count):
        messages.append(order(number))
        if (number + 1) % states_every == 0:
            messages.append(state({"orders": number + 1}))
    return messages


def interleaved(count):
    """Return messages of two streams in turn, of which one user has half; all are numbered."""
    messages = [schema("orders", ORDER_COLUMNS), schema("users", {"email": {}, "n": {}}, ["email"])]
    for number in range(0, count, 2):
        user = 0 if number % 4 else number % 50
        messages.append(order(number, user=user))
        messages.append(record("users", email=f"user{user}@example.org", n=number + 1))
    return messages


def check_order(target, count):
    """Check that interleaved messages were stored in each user's order."""
    events, requests = defaultdict(list), defaultdict(lambda: defaultdict(list))
    for each in target.stored():
        stored = each["record"]
        number = stored["evtData"]["id"] if "evtData" in stored else stored["profileData"]["n"]
        requests[stored["identity"]][each["request"]].append(number)
        if "evtData" in stored:
            events[stored["identity"]].append(number)
    assert sum(map(len, events.values())) == count / 2
    assert all(numbers == sorted(numbers) for numbers in events.values())
    for of_user in requests.values():
        # within a request the emulator separates kinds, so only requests are in order
        numbers = [number for request in of_user.values() for number in sorted(request)]
        assert numbers == sorted(numbers)


def lines(messages):
    return b"".join(
        each if isinstance(each, bytes) else json.dumps(each).encode() + b"\n" for each in messages
    )


def next_state(process, seconds=15):
    """Return the next state a process writes; it is killed when none comes in time."""
    ready, _, _ = select.select([process.stdout], [], [], seconds)
    if not ready:
        process.kill()
        process.communicate()
    assert ready, "no state came"
    return json.loads(process.stdout.readline())


def until_it_reads(process):
    """Wait until a process logs the path of its ledger, just before it begins to read."""
    wait_for_log(process, b"the ledger is")


def wait_for_log(process, words, seconds=30):
    """Wait until a line of a process's log holds these words."""
    deadline = time.monotonic() + seconds
    while words not in process.stderr.readline():
        assert time.monotonic() < deadline, "it does not log it"


@dataclass
class Finished:
    """What a run left behind."""

    status: int
    states: list[Any]
    log: str
    seconds: float

    def __post_init__(self):
        check_line(self.status, self.log)


class TargetProcess:
    """Runs the target against an emulator, with files of its own."""

    def __init__(self, emulator, folder):
        self.emulator = emulator
        self.folder = folder
        self.rejects = folder / "rejects.jsonl"
        self.ledger = folder / "ledger.sqlite"
        reports = folder.with_name(f"{folder.name}-reports")
        reports.mkdir(exist_ok=True)
        self.report = reports / "report.json"
        """In a folder of its own, as tests look at what is in the other."""

    def config(self, **settings):
        path = self.folder / f"config{time.monotonic_ns()}.json"
        given = {
            "account_id": self.emulator.account_id,
            "passcode": self.emulator.passcode,
            "api_url": self.emulator.url,
            "rejects_path": str(self.rejects),
            "ledger_path": str(self.ledger),
            "report_path": str(self.report),
            "streams": {"orders": ORDERS_RULE, "users": USERS_RULE},
            **settings,
        }
        path.write_text(json.dumps(given))
        return path

    def start(self, *options, stdin=subprocess.PIPE, environment=None, through=(), **settings):
        """Start a run, by a command where its start is to be prepared by one."""
        return subprocess.Popen(
            [*through, BIN / "target-clevertap", "--config", self.config(**settings), *options],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=self.folder,
            env=clean_environment(**(environment or {})),
        )

    def run(self, messages, *, timeout=60, environment=None, **settings):
        """Run it to its end, by a fork of a process that has loaded it."""
        with lent_launcher("target-clevertap") as launcher:
            pipe = piped(messages if isinstance(messages, bytes) else lines(messages), launcher)
            return self._launched(launcher, pipe, timeout, environment, **settings)

    def run_file(self, path, *, timeout=60, environment=None, **settings):
        """Run it so with a file as its standard input."""
        with lent_launcher("target-clevertap") as launcher:
            return self._launched(launcher, str(path), timeout, environment, **settings)

    def replay(self, **settings):
        """Run with the rejects file as its standard input."""
        return self.run_file(self.rejects, **settings)

    def _launched(self, launcher, stdin, timeout, environment, **settings):
        began = time.monotonic()
        started = {"speed": 1, "cwd": self.folder, **(environment or {})}
        self.report.unlink(missing_ok=True)
        launcher.start("--config", str(self.config(**settings)), stdin=stdin, **started)
        status, log = launcher.ended(timeout)
        states = [json.loads(line) for line in launcher.lines()]
        finished = Finished(status, states, log, time.monotonic() - began)
        if self.report.exists():
            check_report(json.loads(self.report.read_text()), status, log)
        return finished

    def faults(self, *scheduled):
        self.emulator.faults(list(scheduled))

    def stored(self):
        """Return what was stored, with its request; of one request events before profiles."""
        uploads = self.emulator.uploads()
        stored = [*uploads["events"], *uploads["profiles"]]
        return sorted(stored, key=lambda each: each["request"])

    def delivered(self):
        """Return the records that were stored."""
        return [each["record"] for each in self.stored()]

    def requests(self):
        """Return what is recorded of the uploads."""
        return self.emulator.requests()["requests"]

    def until_requests(self, count, seconds=15):
        """Wait until so many uploads have come."""
        deadline = time.monotonic() + seconds
        while len(self.requests()) < count:
            assert time.monotonic() < deadline, "too few requests came"
            time.sleep(0.05)

    def until_answered(self, count, seconds=30):
        """Wait until the first so many uploads are answered."""
        deadline = time.monotonic() + seconds
        while any(each["seconds"] is None for each in self.requests()[:count]):
            assert time.monotonic() < deadline, "they are not answered"
            time.sleep(0.05)

    def uploads_in_flight(self):
        """Return how many uploads were in flight at once at most."""
        return self.emulator.requests()["max_in_flight"]["uploads"]

    def rejected(self):
        """Return the rejects as (record, code)."""
        if not self.rejects.exists():
            return []
        messages = [json.loads(line) for line in self.rejects.read_text().splitlines()]
        return [(each["record"], each["code"]) for each in messages if each["type"] == "RECORD"]

    def rejected_codes(self):
        return Counter(code for _, code in self.rejected())


def piped(content, launcher):
    """Return the path of a pipe that gives this content to the process that opens it."""
    path = launcher.folder / "stdin"
    path.unlink(missing_ok=True)
    os.mkfifo(path)

    def write():
        with suppress(BrokenPipeError), path.open("wb") as pipe:
            pipe.write(content)

    threading.Thread(target=write, daemon=True).start()
    return str(path)


def finish(process, text=None, began=None, timeout=60):
    """Wait for a process, and return what it left behind."""
    began = time.monotonic() if began is None else began
    try:
        stdout, stderr = process.communicate(text, timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    states = [json.loads(line) for line in stdout.splitlines()]
    return Finished(process.returncode, states, stderr.decode(), time.monotonic() - began)
