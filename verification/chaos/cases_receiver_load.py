"""Half a million messages into one inbox: neither the receiver nor the file grows."""

from __future__ import annotations

import json
import re
import signal
import sqlite3
import threading
import time
from contextlib import closing
from statistics import fmean
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from tests.support.plugin_process import BIN
from verification.bench.process_tree import processor_seconds
from verification.bench.table import Row, flat, within
from verification.chaos.cases_load import LoadFailedError, Watch, rows_of
from verification.chaos.plugin_run import PluginRun
from verification.chaos.receiver_run import ReceiverRun, push
from verification.chaos.receiver_truth import STREAM

if TYPE_CHECKING:
    from pathlib import Path

    from verification.bench.workplace import Workplace
    from verification.chaos.plugin_run import Ended
    from verification.chaos.receiver_run import Pushing

MOST_MESSAGES, RATE, CONNECTIONS = 500_000, 500, 8
DAY_MS = 86_400_000
READ_EVERY_SECONDS = 10.0
MEDIAN_MS, LATE_MS = 50, 5_000
"""What the median may be, and how long CleverTap waits."""
SECONDS_BEYOND = 300
GROWTH = "≤ 1.10"
"""Of memory and inbox, if all messages are pushed: fewer are over before the receiver is warm."""
ANSWERS = re.compile(r"answers took ([\d.]+) ms \(median\) and ([\d.]+) ms")
MEGABYTE = 1 << 20


class KeyOfRecord(msgspec.Struct):
    """Of a record, what tells it from others."""

    message_key: str


class InboxLine(msgspec.Struct):
    """A line of the tap's output."""

    type: str
    record: KeyOfRecord | None = None
    value: dict[str, Any] | None = None


class InboxReader(threading.Thread):
    """Reads an inbox at intervals, between which a day passes, as far as the inbox knows."""

    def __init__(self, config: str, inbox: Path, folder: Path) -> None:
        super().__init__(daemon=True)
        self.keys: set[bytes] = set()
        self.records = self.runs = 0
        self.failures: list[str] = []
        self._config = config
        self._inbox = inbox
        self._folder = folder
        self._catalog = folder / "catalog.json"
        self._catalog.write_text('{"streams": []}')
        self._state: dict[str, Any] | None = None
        self._is_over = threading.Event()

    def end(self) -> None:
        """Read what is left."""
        self._is_over.set()
        self.join()
        self._read()

    def run(self) -> None:  # noqa: D102 - of a thread
        while not self._is_over.wait(READ_EVERY_SECONDS):
            self._let_a_day_pass()
            self._read()

    def _let_a_day_pass(self) -> None:
        with closing(sqlite3.connect(self._inbox, timeout=60)) as database, database:
            database.execute("UPDATE reads SET read_at = read_at - ?", (DAY_MS + 1,))

    def _read(self) -> None:
        command = [str(BIN / "tap-clevertap"), "--config", self._config]
        command += ["--catalog", str(self._catalog)]
        if self._state is not None:
            path = self._folder / "state.json"
            path.write_text(json.dumps(self._state))
            command += ["--state", str(path)]
        ended = PluginRun(command, self._folder, self._take_line).end()
        self.runs += 1
        if ended.status:
            self.failures.append(ended.log)

    def _take_line(self, line: bytes) -> None:
        message = msgspec.json.decode(line, type=InboxLine)
        if message.record is not None:
            self.records += 1
            self.keys.add(bytes.fromhex(message.record.message_key))
        elif message.value is not None:
            self._state = message.value


def receiver_load(place: Workplace, rows: int) -> list[Row]:
    """Push many messages at 500 a second, while they are read and forgotten.

    Raises:
        LoadFailedError: If a message is lost, or a process ends badly.
    """
    count, inbox = min(rows, MOST_MESSAGES), place.folder / "inbox.sqlite"
    settings = {"inbox_path": str(inbox), "inbox_days": 1, "select": [STREAM]}
    config = place.config({"account_id": "TEST-000-0000", **settings})
    receiver = ReceiverRun(config, place.folder)
    place.ends_with(receiver.run.process.kill)
    pushing = started(place, f"{receiver.until_ready()}/webhook", count)
    reader, watch = InboxReader(config, inbox, place.folder), Watch(receiver.run.process.pid)
    reader.start()
    loaded = under_load(pushing, inbox, count)
    reader.end()
    taken = processor_seconds(receiver.run.process.pid)
    receiver.run.send(signal.SIGTERM)
    checked(pushing, reader, receiver.run.end(), loaded.report)
    name = f"{count:,} messages pushed"
    rate, goal = f"{count / loaded.seconds:,.0f}", GROWTH if count == MOST_MESSAGES else ""
    return [
        Row(f"{name}, records, each once", f"{len(reader.keys):,}", f"{reader.records:,}"),
        Row(f"{name}, a second, over {loaded.seconds:.0f} s", rate, f"{RATE}"),
        *answer_times(name, loaded.report),
        Row(f"{name}, processor time of each", f"{taken / count * 1e6:.0f} µs", ""),
        *rows_of(name, "receiver", watch, goal),
        loaded.growth(name, goal),
    ]


class InboxLoad(NamedTuple):
    """What was seen while messages were pushed."""

    seconds: float
    report: str
    """What the pushing process says of its work."""

    sizes: list[float]
    """Megabytes of the inbox, of each second."""

    def growth(self, name: str, goal: str) -> Row:
        """Return the row of the inbox: the last tenth, and the second."""
        tenth = max(len(self.sizes) // 10, 1)
        last, first = self.sizes[-tenth:], self.sizes[tenth : 2 * tenth]
        return flat(f"{name}, inbox", fmean(last), fmean(first), "MB", goal)


def started(place: Workplace, url: str, count: int) -> Pushing:
    """Start to push so many messages."""
    flags = {"messages": count, "rate": RATE, "connections": CONNECTIONS, "truth-bodies": "off"}
    given = [text for name, value in flags.items() for text in (f"--{name}", str(value))]
    pushing = push(url, place.folder, "pushed", *given)
    place.ends_with(pushing.process.kill)
    return pushing


def under_load(pushing: Pushing, inbox: Path, count: int) -> InboxLoad:
    """Look at the inbox each second, until all messages are pushed."""
    began, sizes = time.monotonic(), []
    deadline = began + count / RATE * 2 + SECONDS_BEYOND
    while pushing.process.poll() is None and time.monotonic() < deadline:
        sizes.append(size_of(inbox))
        time.sleep(1)
    seconds = time.monotonic() - began
    return InboxLoad(seconds, pushing.end(), sizes)


def checked(pushing: Pushing, reader: InboxReader, ended: Ended, report: str) -> None:
    """Check that all messages are in the records, each once.

    Raises:
        LoadFailedError: If they are not, or a process ended badly.
    """
    expected = sum(max(json.loads(line)["profiles"], 1) for line in pushing.truth.open("rb"))
    faults = [*reader.failures, *([ended.log] if ended.status else [])]
    is_whole = reader.records == len(reader.keys) == expected
    if faults or pushing.process.returncode or not is_whole:
        message = f"{reader.records} records, {len(reader.keys)} keys, {expected} expected: "
        raise LoadFailedError(message + report + "".join(faults))


def answer_times(name: str, report: str) -> list[Row]:
    """Return the rows of how long answers took."""
    median, late = map(float, ANSWERS.findall(report)[0])
    rows = (
        within(f"{name}, median answer", median, MEDIAN_MS, "ms"),
        within(f"{name}, 99th percentile of answers", late, LATE_MS, "ms"),
    )
    return [row._replace(is_duration=True) for row in rows]


def size_of(inbox: Path) -> float:
    """Return the megabytes of an inbox and its log."""
    files = inbox.parent.glob(f"{inbox.name}*")
    return sum(each.stat().st_size for each in files) / MEGABYTE
