"""The tap, disturbed again and again until its job is done, and then from the start."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from itertools import count, cycle
from typing import TYPE_CHECKING, Any

from tests.support.plugin_process import BIN, tap_config
from verification.chaos.disturbances import (
    OF_TAP,
    Disturbance,
    Disturbances,
    Kind,
    Pace,
    deal,
    reach,
)
from verification.chaos.plugin_run import Ended, PluginRun
from verification.chaos.tally import Tally, statuses
from verification.chaos.tap_truth import Reading, Truth

if TYPE_CHECKING:
    from pathlib import Path

    from clevertap_emulator.testing import Emulator
    from verification.bench.workplace import Workplace

DAYS, PAGE = 20, 200
YESTERDAY = datetime.now(timezone.utc).date() - timedelta(1)
"""The last day read, so that midnight changes nothing."""
WORLD: dict[str, Any] = {
    "timezone": "UTC",
    "days": DAYS,
    "today": YESTERDAY.isoformat(),
    "users": 50,
    "events_per_day": 200,
    "latency_ms": 25,
}
PROFILE_EVENTS = ["App Launched", "Charged"]


@dataclass(frozen=True)
class Manner:
    """How a job is done."""

    settings: dict[str, Any] = field(default_factory=dict)
    reading_pause: float = 0.0


SLOWLY = Manner({"page_size": 1000}, reading_pause=0.05)
"""Such pages wait to be written: a state before its rows would be seen."""


@dataclass
class TapJobs:
    """An emulator, and what reads all of it over and over."""

    emulator: Emulator
    folder: Path
    tally: Tally
    settings: dict[str, Any] = field(default_factory=dict)
    """Of all runs."""
    truth: Truth = field(init=False)
    pace: Pace = field(default_factory=Pace)
    final: dict[str, Any] | None = None
    _asked_before: int = 0
    """How many requests had come when a run was disturbed."""

    _files: count[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        """Read everything once, undisturbed."""
        self.truth = Truth(self.emulator, PROFILE_EVENTS)
        reading = self.undisturbed()
        self.final = reading.state

    def undisturbed(self) -> Reading:
        """Read everything in one run, and note how long that takes."""
        reading = Reading(self.truth, self.tally)
        run = self._start(reading, Manner())
        run.until_asked(self._has_asked)
        self.pace.learn(run, run.end(), 1.0)
        return reading

    def do(self, disturbances: Disturbances, manner: Manner) -> None:
        """Do one job to its end, disturbed as often as there are disturbances left."""
        reading, is_done = Reading(self.truth, self.tally), False
        while not is_done:
            is_done = self._run(reading, disturbances, manner)
        self.tally.lost += reading.missing
        if reading.missing:
            self.tally.fault(f"{reading.missing} records are lost")
        if reading.state != self.final:
            self.tally.fault("the final state is another")
        self.tally.jobs += 1

    def _run(self, reading: Reading, disturbances: Disturbances, manner: Manner) -> bool:
        """Run once; return whether the job is done."""
        share = reading.share_left
        disturbance = disturbances.next(self.pace, share)
        self.tally.runs += 1
        run = self._start(reading, manner)
        kind = self._disturb(run, disturbance)
        if kind:
            disturbances.was_dealt()
        ended = run.end()
        self._check(ended, kind, reading, manner)
        if kind is None:
            self.pace.learn(run, ended, share)
        return ended.status == 0 and kind is not Kind.READER

    def _disturb(self, run: PluginRun, disturbance: Disturbance | None) -> Kind | None:
        if not reach(run, disturbance, self._has_asked) or disturbance is None:
            return None
        in_flight = run.has_unread or any(each["seconds"] is None for each in self._asked())
        if not deal(disturbance.kind, run):
            return None
        self._asked_before = len(self._asked())
        self.tally.note(disturbance.kind, in_flight=in_flight)
        return disturbance.kind

    def _has_asked(self) -> bool:
        return bool(self._asked())

    def _asked(self) -> list[dict[str, Any]]:
        asked: list[dict[str, Any]] = self.emulator.requests()["requests"]
        return asked

    def _check(self, ended: Ended, kind: Kind | None, reading: Reading, manner: Manner) -> None:
        allowed = statuses(kind, is_at_work=ended.lines > 0 and reading.state != self.final)
        has_batches = "batch_config" in manner.settings
        self.tally.check_end(ended, kind, allowed, has_batches=has_batches)
        if reading.state == self.final:
            self.tally.check_stop(kind, len(self._asked()) - self._asked_before)

    def _start(self, reading: Reading, manner: Manner) -> PluginRun:
        self.emulator.reset()
        reading.begin_run()
        config = {
            "timezone": "UTC",
            "start_date": (YESTERDAY - timedelta(DAYS - 1)).isoformat(),
            "end_date": YESTERDAY.isoformat(),
            "page_size": PAGE,
            "profile_events": PROFILE_EVENTS,
            **self.settings,
            **manner.settings,
        }
        command = [str(BIN / "tap-clevertap")]
        command += ["--config", self._write("config", tap_config(self.emulator, **config))]
        if reading.state is not None:
            command += ["--state", self._write("state", reading.state)]
        pause = manner.reading_pause
        return PluginRun(command, self.folder, reading.take_line, reading_pause=pause)

    def _write(self, name: str, value: Any) -> str:
        path = self.folder / f"{name}-{next(self._files)}.json"
        path.write_text(json.dumps(value))
        return str(path)


def tap(place: Workplace, count: int, seed: str) -> Tally:
    """Disturb the tap this number of times: read slowly, read at once, and writing batch files."""
    return _disturb(place, count, f"{seed} tap", Tally("tap"))


def tap_per_event(place: Workplace, count: int, seed: str) -> Tally:
    """Do the same with a stream for each event."""
    settings = {"stream_layout": "per_event"}
    return _disturb(
        place, count, f"{seed} tap_per_event", Tally("tap, `stream_layout: per_event`"), settings
    )


def _disturb(
    place: Workplace, count: int, seed: str, tally: Tally, settings: dict[str, Any] | None = None
) -> Tally:
    jobs = TapJobs(place.start(**WORLD), place.folder, tally, settings or {})
    disturbances = Disturbances(OF_TAP, count, seed)
    storage = {"root": (place.folder / "batches").as_uri()}
    encoding = {"format": "jsonl", "compression": "gzip"}
    batches = {"batch_config": {"encoding": encoding, "storage": storage, "batch_size": 500}}
    for manner in cycle([SLOWLY, Manner(), Manner(batches)]):
        if not disturbances.are_left:
            return tally
        jobs.do(disturbances, manner)
    raise AssertionError  # a cycle has no end
