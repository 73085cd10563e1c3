"""What is done to a plugin while it works, and when."""

from __future__ import annotations

import random
import signal
from dataclasses import dataclass
from enum import Enum
from itertools import cycle, islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from verification.chaos.plugin_run import Ended, PluginRun

START_UP_SHARE, END_SHARE = 0.08, 0.08
START_UP_SHARE_OF_INPUT = 0.5
"""A small input may have ended before the first request."""
DURING_WORK, AROUND_THE_END = (0.0, 0.9), (0.8, 1.1)
"""When, of the time that the work takes."""
LEAST_SHARE = 0.1
FED = 0.5
"""The part of a run after which its input may have ended."""


class Kind(Enum):
    """A way to disturb a plugin, by the name it has in the table."""

    KILL = "kill -9"
    TERM = "SIGTERM"
    INT = "SIGINT"
    HUP = "SIGHUP"
    GROUP = "Ctrl-C, then SIGTERM"
    """SIGINT to the whole process group, as a terminal sends it, and what Meltano sends then."""

    TWICE = "SIGTERM twice"
    READER = "reader gone"
    INPUT = "input cut"


SIGNALS = {
    Kind.KILL: signal.SIGKILL,
    Kind.TERM: signal.SIGTERM,
    Kind.INT: signal.SIGINT,
    Kind.HUP: signal.SIGHUP,
    Kind.GROUP: signal.SIGINT,
    Kind.TWICE: signal.SIGTERM,
}
"""The signal that a kind begins with, which decides the exit status."""
SECOND = {Kind.GROUP: signal.SIGTERM, Kind.TWICE: signal.SIGTERM}
OF_TAP = (*SIGNALS, Kind.READER)
OF_TARGET = (*OF_TAP, Kind.INPUT)
OF_MELTANO = (Kind.INT, Kind.TERM, Kind.HUP, Kind.GROUP, Kind.TWICE)


@dataclass
class Pace:
    """How long a run of a case takes, in seconds, as the last ones did."""

    start_up: float = 1.0
    """Until its first request."""

    work: float = 0.0
    """From there on, for a whole job."""

    def learn(self, run: PluginRun, ended: Ended, share: float) -> None:
        """Take note of how long a run took that nobody disturbed.

        Args:
            run: Which noted its first request.
            ended: Its end.
            share: The part of the job that was left to do, from 0 to 1.
        """
        if run.asked is not None:
            self.start_up = (self.start_up + run.asked) / 2
            work = (ended.seconds - run.asked) / max(share, LEAST_SHARE)
            self.work = (self.work + work) / 2 if self.work else work


@dataclass(frozen=True)
class Disturbance:
    """One of them, and how many seconds after a start it comes."""

    kind: Kind
    seconds: float
    is_early: bool
    """Whether the seconds begin with the process; else with its first request."""


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
        kind, part = self._left[-1], self._random.random()
        if part < (START_UP_SHARE_OF_INPUT if kind is Kind.INPUT else START_UP_SHARE):
            return Disturbance(kind, self._random.uniform(0, pace.start_up), is_early=True)
        work = pace.work * max(share_left, LEAST_SHARE) * (FED if kind is Kind.INPUT else 1)
        span = AROUND_THE_END if part > 1 - END_SHARE else DURING_WORK
        return Disturbance(kind, work * self._random.uniform(*span), is_early=False)

    def was_dealt(self) -> None:
        """Go on to the next."""
        self._left.pop()


def reach(run: PluginRun, disturbance: Disturbance | None, has_asked: Callable[[], bool]) -> bool:
    """Wait for the moment; return whether the process is there, and is to be disturbed.

    Args:
        run: The process.
        disturbance: None for a run that is left alone, whose first request is waited for.
        has_asked: Whether the first request came.
    """
    if disturbance is not None and disturbance.is_early:
        return run.lasts(disturbance.seconds)
    is_there = run.until_asked(has_asked)
    return is_there and disturbance is not None and run.lasts(disturbance.seconds)


def deal(kind: Kind, run: PluginRun) -> bool:
    """Disturb a process; return whether there was something to disturb."""
    if kind in SECOND:
        return deal_group(kind, run)
    if kind in SIGNALS:
        return run.send(SIGNALS[kind])
    return run.stop_reading() if kind is Kind.READER else run.cut_input()


def deal_group(kind: Kind, run: PluginRun) -> bool:
    """Signal all processes of a run; return whether there were any."""
    return run.send_group(SIGNALS[kind], SECOND.get(kind))
