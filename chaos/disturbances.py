"""What is done to a plugin while it works, and when."""

from __future__ import annotations

import random
import signal
from dataclasses import dataclass
from enum import Enum
from itertools import cycle, islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaos.plugin_run import PluginRun

START_UP_SHARE, END_SHARE = 0.08, 0.08
AROUND_THE_END = (0.8, 1.1)
LEAST_SHARE = 0.2
FED = 0.5
"""The part of a run after which its input may have ended."""


class Kind(Enum):
    """A way to disturb a plugin, by the name it has in the table."""

    KILL = "kill -9"
    TERM = "SIGTERM"
    INT = "SIGINT"
    READER = "reader gone"
    INPUT = "input cut"
    WORKER = "own process killed"


SIGNALS = {Kind.KILL: signal.SIGKILL, Kind.TERM: signal.SIGTERM, Kind.INT: signal.SIGINT}
OF_TAP = (Kind.KILL, Kind.TERM, Kind.INT, Kind.READER, Kind.WORKER)
OF_TARGET = (*OF_TAP, Kind.INPUT)


@dataclass
class Pace:
    """How long a run of a case takes, in seconds, as the last ones did."""

    start_up: float = 0.0
    """Until its first request."""

    work: float = 0.0
    """For a whole job."""

    def note_start(self, began: float, asked: Sequence[dict[str, Any]]) -> None:
        """Take note of when a run began, in epoch seconds, and of what it asked then."""
        if asked:
            seconds = min(each["time"] for each in asked) - began
            self.start_up = (self.start_up + seconds) / 2 if self.start_up else seconds

    def learn(self, seconds: float, share: float) -> None:
        """Take note of how long a run took.

        Args:
            seconds: From its start to its end.
            share: The part of the job that was left to do, from 0 to 1.
        """
        work = max(0.0, seconds - self.start_up) / max(share, LEAST_SHARE)
        self.work = (self.work + work) / 2 if self.work else work


@dataclass(frozen=True)
class Disturbance:
    """One of them, and how many seconds after the start of a process it comes."""

    kind: Kind
    moment: float


class Disturbances:
    """As many as are wanted, all kinds alike, in an order and at moments that a seed decides."""

    def __init__(self, kinds: Sequence[Kind], count: int, seed: str) -> None:
        self._random = random.Random(seed)
        self._left = list(islice(cycle(kinds), count))
        self._random.shuffle(self._left)

    @property
    def are_left(self) -> bool:
        """Whether there are any that were not dealt."""
        return bool(self._left)

    def next(self, pace: Pace, share_left: float) -> Disturbance | None:
        """Return the next one, which stays the next one until it was dealt.

        Args:
            pace: Of the case's runs.
            share_left: How much of the job is still to do, from 0 to 1.
        """
        if not self._left:
            return None
        kind = self._left[-1]
        return Disturbance(
            kind, self._moment(pace, share_left * (FED if kind is Kind.INPUT else 1))
        )

    def was_dealt(self) -> None:
        """Go on to the next."""
        self._left.pop()

    def _moment(self, pace: Pace, share_left: float) -> float:
        """Draw a moment: a few while it starts and around its end, most while it works."""
        life = pace.start_up + pace.work * share_left
        part = self._random.random()
        if part < START_UP_SHARE:
            return self._random.uniform(0, pace.start_up)
        if part > 1 - END_SHARE:
            return life * self._random.uniform(*AROUND_THE_END)
        return self._random.uniform(pace.start_up, life)


def deal(kind: Kind, run: PluginRun) -> bool:
    """Disturb a process; return whether there was something to disturb."""
    if kind in SIGNALS:
        return run.send(SIGNALS[kind])
    if kind is Kind.READER:
        return run.stop_reading()
    return run.cut_input() if kind is Kind.INPUT else run.kill_worker()
