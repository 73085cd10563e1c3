"""The receiver of webhooks killed under load, while a tap reads its inbox and is killed as well."""

from __future__ import annotations

import json
import random
import signal
import sqlite3
import stat
import threading
import time
from contextlib import closing
from itertools import count
from typing import TYPE_CHECKING

from tests.support.plugin_process import BIN
from verification.chaos.disturbances import Kind
from verification.chaos.plugin_run import PluginRun
from verification.chaos.receiver_run import Pushing, ReceiverRun, push
from verification.chaos.receiver_truth import STREAM, ReceivedReading
from verification.chaos.tally import Tally, statuses

if TYPE_CHECKING:
    from collections.abc import Iterator

    from verification.bench.workplace import Workplace
    from verification.chaos.plugin_run import Ended

START_UP_ONE_IN = 8
"""Kills of a receiver that is not ready yet."""
LONGEST_LIFE, SETTLING_SECONDS = 1.2, 2.0
TAP_KILLED_ONE_IN, LONGEST_READING, PAUSE_SECONDS = 3, 4.0, 0.3
FLAGS = ("--messages", "0", "--retries", "30", "--retry-seconds", "0.3", "--lose-one-in", "7")
WEBHOOKS = (*FLAGS, "--rate", "200", "--connections", "8")
BRIDGE = (*FLAGS, "--kind", "eventbridge", "--rate", "50", "--connections", "4")


class ReceiverJob:
    """A receiver that is killed, what pushes to it, and the taps that read its inbox."""

    def __init__(self, place: Workplace, tally: Tally, chance: random.Random) -> None:
        self._place, self._folder = place, place.folder
        self._tally = tally
        self._chance = chance
        self._chance_of_tap = random.Random(chance.random())
        self._inbox = place.folder / "inbox.sqlite"
        settings = {"inbox_path": str(self._inbox), "select": [STREAM], "timezone": "UTC"}
        self._config = place.config({"account_id": "TEST-000-0000", **settings})
        self._catalog = place.config({"streams": []})
        self._reading = ReceivedReading(tally)
        self._numbers = count()
        self._is_over = threading.Event()
        self._failures: list[BaseException] = []
        self.killed_taps = 0

    def do(self, kills: int) -> None:
        """Do all of it, and compare."""
        receiver = self._started()
        pushing = self._pushing(receiver.until_ready())
        reader = threading.Thread(target=self._read_again_and_again, daemon=True)
        reader.start()
        try:
            receiver = self._kill_again_and_again(receiver, kills)
            time.sleep(SETTLING_SECONDS)  # what waits to be sent again is sent
        finally:
            reports = [each.end() for each in pushing]
            self._is_over.set()
            reader.join()
        if self._failures:
            raise self._failures[0]
        self._check_pushing(reports)
        receiver.run.send(signal.SIGTERM)
        self._tally.check_end(receiver.run.end(), Kind.TERM, {0})
        self._read(None)
        self._reading.check(lines_of(pushing))
        self._check_file()
        self._tally.jobs += 1

    def _pushing(self, address: str) -> list[Pushing]:
        found = [
            push(f"{address}/webhook", self._folder, "webhooks", *WEBHOOKS),
            push(f"{address}/eventbridge", self._folder, "bridge", *BRIDGE),
        ]
        for each in found:
            self._place.ends_with(each.process.kill)
        return found

    def _started(self, port: int = 0) -> ReceiverRun:
        receiver = ReceiverRun(self._config, self._folder, port)
        self._place.ends_with(receiver.run.process.kill)
        return receiver

    def _kill_again_and_again(self, receiver: ReceiverRun, kills: int) -> ReceiverRun:
        port, start_up, is_ready = receiver.port, 1.0, True
        for _ in range(kills):
            longest = LONGEST_LIFE if is_ready else start_up
            receiver.run.lasts(self._chance.uniform(0, longest))
            self._tally.note(Kind.KILL, in_flight=is_ready)
            receiver.run.send(signal.SIGKILL)
            self._tally.check_end(receiver.run.end(), Kind.KILL, {-signal.SIGKILL})
            receiver = self._started(port)
            is_ready = self._chance.randrange(START_UP_ONE_IN) > 0
            if is_ready:
                began = time.monotonic()
                receiver.until_ready()
                start_up = time.monotonic() - began
        receiver.until_ready()
        return receiver

    def _read_again_and_again(self) -> None:
        try:
            while not self._is_over.wait(PAUSE_SECONDS):
                is_killed = self._chance_of_tap.randrange(TAP_KILLED_ONE_IN) == 0
                self._read(self._chance_of_tap.uniform(0, LONGEST_READING) if is_killed else None)
        except BaseException as failure:  # noqa: BLE001 - raised again by the thread that waits
            self._failures.append(failure)

    def _read(self, seconds: float | None) -> None:
        """Run a tap from the last state on, and kill it after so many seconds."""
        self._tally.runs += 1
        self._reading.begin_run()
        command = [str(BIN / "tap-clevertap"), "--config", self._config]
        command += ["--catalog", self._catalog]
        if self._reading.state is not None:
            state = self._folder / f"state-{next(self._numbers)}.json"
            state.write_text(json.dumps(self._reading.state))
            command += ["--state", str(state)]
        run = PluginRun(command, self._folder, self._reading.take_line)
        kind = None
        if seconds is not None and run.lasts(seconds):
            kind = Kind.KILL
            self.killed_taps += run.send(signal.SIGKILL)
        ended: Ended = run.end()
        self._tally.check_end(ended, kind, statuses(kind, is_at_work=True))

    def _check_pushing(self, reports: list[str]) -> None:
        for report in reports:
            if "clevertap-emulator pushed" not in report or "Traceback" in report:
                self._tally.fault(f"what pushes failed: {report}")

    def _check_file(self) -> None:
        with closing(sqlite3.connect(self._inbox)) as database:
            found = database.execute("PRAGMA integrity_check").fetchall()
        if found != [("ok",)]:
            self._tally.fault(f"the inbox is damaged: {found}")
        if mode := stat.S_IMODE(self._inbox.stat().st_mode) & 0o077:
            self._tally.fault(f"others may read the inbox: {mode:o}")


def lines_of(pushing: list[Pushing]) -> Iterator[bytes]:
    """Yield the lines of what became of all messages."""
    for each in pushing:
        with each.truth.open("rb") as lines:
            yield from lines


def receiver(place: Workplace, count: int, seed: str) -> Tally:
    """Kill a receiver so many times, under load, while its inbox is read."""
    tally = Tally("`tap-clevertap receive` under load, and the tap that reads its inbox")
    job = ReceiverJob(place, tally, random.Random(f"{seed} receiver"))
    job.do(count)
    tally.case += f", which was killed {job.killed_taps:,} times"
    return tally
