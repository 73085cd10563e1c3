"""What a case has found: figures for the table, and every fault in words."""

from __future__ import annotations

import re
import signal
import sys
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from verification.chaos.disturbances import SIGNALS, Kind

if TYPE_CHECKING:
    from verification.chaos.plugin_run import Ended

TRACE = "Traceback"
OWN_FRAME = re.compile(r'_clevertap/__main__\.py", line \d+, in main')
"""The first of each stack trace of a plugin's."""
LOG_CHARACTERS = 3000
MOST_AFTER_SIGNAL = 10
"""How many requests of a run may come after a signal where it did all its work: those in flight,
and what is sent until the process has its turn. A whole job takes more than a hundred."""


@dataclass
class Tally:
    """The figures of one case."""

    case: str
    dealt: Counter[Kind] = field(default_factory=Counter)
    in_flight: Counter[Kind] = field(default_factory=Counter)
    """Of those, how many came while a request was unanswered or a line unread."""

    runs: int = 0
    jobs: int = 0
    records: int = 0
    lost: int = 0
    doubled: int = 0
    """Delivered twice; of a tap, emitted twice otherwise than with an equal key and record."""

    doubled_unanswered: int = 0
    """Of those, how many were in a request without an answer at a kill; the others' answer was not
    written down yet."""

    repeated: int = 0
    """Emitted again, with equal key and record."""

    doubtful: int = 0
    """Rejected as uncertain."""

    doubtful_delivered: int = 0
    """Of those, how many CleverTap has."""

    states: int = 0
    ahead: int = 0
    """States written before what they cover."""

    faults: list[str] = field(default_factory=list)

    def note(self, kind: Kind, *, in_flight: bool) -> None:
        """Count a disturbance."""
        self.dealt[kind] += 1
        self.in_flight[kind] += in_flight

    def check_end(
        self, ended: Ended, kind: Kind | None, allowed: set[int], *, has_batches: bool = False
    ) -> None:
        """Check what holds for the end of every run, however it was disturbed.

        Args:
            ended: The run.
            kind: What was done to it.
            allowed: The exit statuses that may follow from it.
            has_batches: Whether it wrote batch files. The SDK begins one as a temporary file, which
                a kill leaves.
        """
        faults = []
        if kind in {Kind.INT, Kind.GROUP} and is_of_interpreter(ended.log):
            return  # it was not yet a plugin
        if ended.status not in allowed:
            faults.append(f"status {ended.status}, not one of {sorted(allowed)}")
        if TRACE in ended.log:
            faults.append("a stack trace in the log")
        if ended.rest and kind not in {Kind.KILL, Kind.READER}:
            faults.append(f"half a line: {ended.rest[:80]!r}")
        if ended.outliving:
            faults.append(f"processes that outlive it: {ended.outliving}")
        if ended.temporary and not (
            has_batches and kind is Kind.KILL and len(ended.temporary) == 1
        ):
            faults.append(f"temporary files: {ended.temporary}")
        after = kind.value if kind else "nothing"
        tail = ended.log[-LOG_CHARACTERS:]
        for fault in faults:
            self.fault(f"after {after}: {fault}\n{tail}")

    def check_stop(self, kind: Kind | None, asked_later: int) -> None:
        """Check that a run which did all its work was not asked to end long before.

        Args:
            kind: What was done to it.
            asked_later: How many requests came after that.
        """
        if kind in SIGNALS and asked_later > MOST_AFTER_SIGNAL:
            self.fault(f"after {kind.value}: {asked_later} requests more, and all was done")

    def fault(self, text: str) -> None:
        """Note a fault, and print it at once."""
        self.faults.append(f"{self.case}, job {self.jobs + 1}, run {self.runs}: {text}")
        sys.stderr.write(f"{self.faults[-1]}\n")


def statuses(kind: Kind | None, *, is_at_work: bool) -> set[int]:
    """Return the exit statuses that the READMEs speak of; 0 where it had ended before.

    Args:
        kind: What was done to the process.
        is_at_work: Whether its own handlers of signals stand; before and after that the system
            ends it, which a shell reports as 128 + n too.
    """
    if kind is None:
        return {0}
    if kind is Kind.KILL:
        return {-signal.SIGKILL, 0}
    if kind in SIGNALS:
        number = SIGNALS[kind]
        return {0, 128 + number} if is_at_work else {0, 128 + number, -number}
    return {1} if kind is Kind.INPUT else {0, 1}


def is_of_interpreter(log: str) -> bool:
    """Return whether a log holds a stack trace from before the plugin's first line."""
    trace = log.partition(TRACE)[2]
    return bool(trace) and not OWN_FRAME.search(trace)
