"""A ledger alone, in many short runs: what its start takes does not depend on what it knows."""

from __future__ import annotations

import multiprocessing
import os
import resource
import time
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from target_clevertap.ledger.ledger import Ledger
from verification.bench.table import Row

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from verification.bench.workplace import Workplace

RUNS = 1_000
NAMES_AT_ONCE = 1_000
ACCOUNT = "0" * 16


class Start(NamedTuple):
    """What the start of a run took."""

    seconds: float
    megabytes: float
    """What its process has held at most, by its end."""


def short_runs(place: Workplace, names: int) -> list[Row]:
    """Bring so many names into one ledger in a thousand runs, each a process of its own."""
    path, each = str(place.folder / "ledger.sqlite"), names // RUNS
    starts = [short_run(path, each) for _ in range(RUNS)]
    tenth = RUNS // 10
    first, last = starts[:tenth], starts[-tenth:]
    name = f"{names / 1e6:.1f} million names in {RUNS:,} short runs"
    figures = [
        ("start", "ms", [[one.seconds * 1000 for one in some] for some in (last, first)], 2.0),
        ("memory", "MB", [[one.megabytes for one in some] for some in (last, first)], 1.5),
    ]
    return [
        Row(
            f"{name}, {what}",
            f"{median(after):.1f} {unit}",
            f"{median(before):.1f} {unit}",
            median(after) / median(before),
            f"≤ {most:.2f}",
            is_duration=unit == "ms",
        )
        for what, unit, (after, before), most in figures
    ]


def short_run(path: str, names: int) -> Start:
    """Bring some names into a ledger, in a process that begins with it.

    Raises:
        EOFError: It ended without a result.
    """
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=bring, args=(path, names, theirs))
    process.start()
    theirs.close()  # else nobody would see that the process ended
    found: Start = ours.recv()
    process.join()
    return found


def bring(path: str, names: int, result: Connection) -> None:
    """Open the ledger, deliver as many records as there are names, and close it."""
    began = time.monotonic()
    ledger = Ledger.open(path, ACCOUNT, is_durable=False)
    seconds = time.monotonic() - began
    for first in range(0, names, NAMES_AT_ONCE):
        some = [os.urandom(16) for _ in range(min(NAMES_AT_ONCE, names - first))]
        ledger.settle(ledger.claim(some, set(), resend=True), delivered=some)
    ledger.close()
    result.send(Start(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))
