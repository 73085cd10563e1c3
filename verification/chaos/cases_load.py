"""Millions of events through both plugins: what they hold stays the same from first to last."""

from __future__ import annotations

import subprocess
import threading
import time
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from statistics import fmean
from typing import TYPE_CHECKING, Any, NamedTuple

from typing_extensions import override

from tests.support.plugin_process import BIN
from tests.support.run_output import clean_environment
from verification.bench.process_tree import PROCESSES, proportional_megabytes, tree_of
from verification.bench.table import Row, flat
from verification.chaos.tally import TRACE

if TYPE_CHECKING:
    from collections.abc import Callable

    from clevertap_emulator.testing import Emulator
    from verification.bench.workplace import Workplace

DAYS = 120
YESTERDAY = datetime.now(timezone.utc).date() - timedelta(1)
EVENTS = ["Product Viewed", "Charged", "Added To Cart", "Search"]
"""Those that may be raised again: CleverTap's own events may not."""
SHARE = 0.38
"""Of all generated events, those of these names, at least."""
HISTORY: dict[str, Any] = {
    "timezone": "UTC",
    "days": DAYS,
    "today": YESTERDAY.isoformat(),
    "preparing": 0,
    "hollow_pages": False,
    "users": 20_000,
    "cached_megabytes": 0,
}
COUNTING: dict[str, Any] = {"days": 1, "users": 1, "count_uploads": True}
INTERVAL_SECONDS = 1.0
MEMORY_GOALS = ((10_000_000, "≤ 1.10"), (1_000_000, "≤ 1.40"))
"""From how many rows on, and how much memory may grow. In the second tenth of a million rows the
ledger still fills its caches: 1.15 and 1.21 were measured. A load of fewer rows has no goals."""
DESCRIPTORS, THREADS = "≤ 2.00", "≤ 1.50"
"""The tap's descriptors vary between 9 and 15, with the pages it is reading. The receiver has two
or three threads. A leak is of hundreds."""


class Sample(NamedTuple):
    """What a plugin's processes hold together."""

    megabytes: float
    descriptors: int
    threads: int


class Watch(threading.Thread):
    """Samples a process and its descendants at intervals, until it ends."""

    def __init__(self, root: int) -> None:
        super().__init__(daemon=True)
        self.samples: list[Sample] = []
        self._root = root
        self.start()

    @override
    def run(self) -> None:
        while (PROCESSES / str(self._root)).exists():
            # a descendant may end while it is looked up, and is not the last one for that
            with suppress(OSError, IndexError):
                self.samples.append(sample(self._root))
            time.sleep(INTERVAL_SECONDS)

    def tenth(self, number: int) -> list[Sample]:
        """Return a tenth of the samples, counted from 0; of few at least one."""
        count = len(self.samples)
        first, last = count * number // 10, count * (number + 1) // 10
        return self.samples[first : max(last, first + 1)]


def sample(root: int) -> Sample:
    """Look at a process and its descendants.

    Raises:
        OSError: When one of them has ended.
    """
    tree = [PROCESSES / str(each) for each in tree_of(root)]
    return Sample(
        sum(proportional_megabytes(int(each.name)) for each in tree),
        sum(len(list((each / "fd").iterdir())) for each in tree),
        sum(len(list((each / "task").iterdir())) for each in tree),
    )


class LoadFailedError(RuntimeError):
    """A run under load that did not end well, or lost something."""


def load(place: Workplace, rows: int) -> list[Row]:
    """Read so many events out of one emulator into another, with the ledger and without it."""
    daily = int(rows / SHARE / DAYS)
    source = place.start(**HISTORY, events_per_day=daily)
    count = sum(counted(source, name) for name in EVENTS)
    found = []
    for name, ledger in (("with the ledger", "ledger.sqlite"), ("without it", "")):
        found += piped(place, source, ledger, f"{count / 1e6:.1f} million events, {name}", count)
    return found


def counted(source: Emulator, name: str) -> int:
    """Return how many events of a name there are."""
    first, last = (f"{YESTERDAY - timedelta(days):%Y%m%d}" for days in (DAYS - 1, 0))
    asked = {"event_name": name, "from": int(first), "to": int(last)}
    answer = source.api("POST", "/1/counts/events.json", json=asked, timeout=3600)
    found: int = answer.json()["count"]
    return found


def piped(place: Workplace, source: Emulator, ledger: str, name: str, count: int) -> list[Row]:
    """Run `tap | target` to its end, and return the rows of what they held.

    Raises:
        LoadFailedError: If anything is lost, or either ends badly.
    """
    receiver, log, began = place.start(**COUNTING), place.folder / f"{name}.log", time.monotonic()
    tap = [str(BIN / "tap-clevertap"), "--config", place.config(tap_settings(source))]
    settings = target_settings(receiver, place, ledger)
    target = [str(BIN / "target-clevertap"), "--config", place.config(settings)]
    with log.open("wb") as errors:
        options: dict[str, Any] = {"stderr": errors, "env": clean_environment()}
        reading = subprocess.Popen(tap, stdout=subprocess.PIPE, **options)
        out = place.folder / "states.jsonl"
        with out.open("wb") as states:
            writing = subprocess.Popen(target, stdin=reading.stdout, stdout=states, **options)
        assert reading.stdout is not None  # noqa: S101 - a pipe
        reading.stdout.close()
        watches = {"tap": Watch(reading.pid), "target": Watch(writing.pid)}
        statuses = [reading.wait(), writing.wait()]
    taken = receiver.uploads()["counted"]
    receiver.stop()
    if any(statuses) or taken != count or TRACE in log.read_text():
        message = f"{name}: {taken} of {count} arrived, statuses {statuses}: {log.read_text()}"
        raise LoadFailedError(message)
    seconds = time.monotonic() - began
    speed = Row(f"{name}, arrived", f"{taken:,}", f"{count:,}", taken / count, "= 1.00")
    rate = Row(f"{name}, a second, over {seconds:.0f} s", f"{count / seconds:,.0f}", "")
    goal = memory_goal(count)
    return [speed, rate, *(row for each in watches.items() for row in rows_of(name, *each, goal))]


def tap_settings(source: Emulator) -> dict[str, Any]:
    """Return the tap's settings."""
    return {
        "account_id": source.account_id,
        "passcode": source.passcode,
        "api_url": source.url,
        "timezone": "UTC",
        "start_date": (YESTERDAY - timedelta(DAYS - 1)).isoformat(),
        "end_date": YESTERDAY.isoformat(),
        "request_timeout": 600,  # the emulator makes a day of many rows in one go
        "events": EVENTS,
        "profile_events": [],
    }


def target_settings(receiver: Emulator, place: Workplace, ledger: str) -> dict[str, Any]:
    """Return the target's settings."""
    return {
        "account_id": receiver.account_id,
        "passcode": receiver.passcode,
        "api_url": receiver.url,
        "rejects_path": str(place.folder / "rejects.jsonl"),
        "ledger_path": str(place.folder / ledger) if ledger else "",
    }


def memory_goal(rows: int) -> str:
    """Return how much memory may grow under a load of so many rows; nothing if it is too short."""
    return next((goal for least, goal in MEMORY_GOALS if rows >= least), "")


def rows_of(name: str, plugin: str, watch: Watch, memory: str) -> list[Row]:
    """Return rows of what a plugin held: its last tenth and its second, the first warm one.

    Memory is the mean of a tenth; of the others it is the most.

    Args:
        name: Of the load.
        plugin: Of which plugin.
        watch: What was seen.
        memory: The goal for memory; without one, the others have none either.
    """
    last, first = watch.tenth(9), watch.tenth(1)
    figures: dict[str, tuple[str, str, Callable[[list[Sample]], float]]] = {
        "memory": ("MB", memory, lambda some: fmean(each.megabytes for each in some)),
        "file descriptors": ("", DESCRIPTORS, lambda some: max(each.descriptors for each in some)),
        "threads": ("", THREADS, lambda some: max(each.threads for each in some)),
    }
    return [
        flat(f"{name}, {plugin}, {what}", of(last), of(first), unit, goal if memory else "")
        for what, (unit, goal, of) in figures.items()
    ]
