"""The target, disturbed again and again until its job is done, and then from the start."""

from __future__ import annotations

import itertools
import json
import sqlite3
import tempfile
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from shutil import copy
from typing import TYPE_CHECKING, Any

from tests.support.plugin_process import BIN
from verification.chaos.disturbances import (
    OF_TARGET,
    Disturbance,
    Disturbances,
    Kind,
    Pace,
    deal,
    reach,
)
from verification.chaos.plugin_run import Ended, PluginRun
from verification.chaos.tally import Tally, statuses
from verification.chaos.target_outcome import IN_FLIGHT, ROWS, Outcome, Past
from verification.chaos.target_truth import RULES, Arrived, Sent

if TYPE_CHECKING:
    from collections.abc import Callable

    from clevertap_emulator.testing import Emulator
    from verification.bench.workplace import Workplace

RECORDS = 5_000
WORLD: dict[str, Any] = {"days": 1, "events_per_day": 1, "users": 10}
FAULTS = [
    {"match": {"kind": "upload", "every": 3}, "action": {"delay_effect": 0.12}},
    {"match": {"kind": "upload"}, "action": {"delay": 0.04}},
]
"""Some requests take effect late, which shows a state before its records; most answer late."""
BEGUN, OVER = "the ledger is", " delivered "
LEDGER, REJECTS = "ledger.sqlite", "rejects.jsonl"
CLAIMED = "SELECT coalesce(sum(length(names)), 0) / 16 FROM claims WHERE is_delivered = 0"
OWN_FILES = (LEDGER, REJECTS, "deletes.jsonl", "config.json", "temporary")


@dataclass
class TargetJob:
    """One delivery of everything, with a ledger of its own, to an emulator that is empty."""

    emulator: Emulator
    folder: Path
    uncertain: str
    sent: Sent
    tally: Tally
    faults: list[dict[str, Any]] = field(default_factory=lambda: FAULTS)
    settings: dict[str, Any] = field(default_factory=dict)
    """Settings of the case, besides or in place of those of all."""

    arrived: Arrived = field(init=False)
    past: Past = field(default_factory=Past)
    _asked_before: int = 0
    """The newest request when a run was disturbed."""

    def __post_init__(self) -> None:
        """Empty the emulator, and write the settings."""
        self.emulator.reset()
        self.emulator.faults(self.faults)
        self.arrived = self._none_arrived()
        settings = {
            "account_id": self.emulator.account_id,
            "passcode": self.emulator.passcode,
            "api_url": self.emulator.url,
            "streams": RULES,
            "rejects_path": REJECTS,
            "ledger_path": LEDGER,
            "uncertain": self.uncertain,
            "batch_size_rows": ROWS,
            "max_in_flight": IN_FLIGHT,
            "max_rejects": -1,
        }
        settings |= self.settings
        (self.folder / "config.json").write_text(json.dumps(settings))

    def _none_arrived(self) -> Arrived:
        return Arrived(self.emulator, self.folder / REJECTS, self.tally)

    @property
    def share_left(self) -> float:
        """How much is not covered by the last state, from 0 to 1."""
        return 1 - self.arrived.done / self.sent.count

    def start(self) -> PluginRun:
        """Start a run that continues from the last state."""
        command = [str(BIN / "target-clevertap"), "--config", "config.json"]
        feed = self.sent.since(self.arrived.done)
        return PluginRun(command, self.folder, self.arrived.take_state, feed)

    def run(self, disturbances: Disturbances, pace: Pace) -> bool:
        """Run once; return whether the job is done."""
        share = self.share_left
        disturbance = disturbances.next(pace, share)
        self.tally.runs += 1
        before = self._newest_request()
        run = self.start()
        kind = self._disturb(run, disturbance, before)
        if kind:
            disturbances.was_dealt()
        ended = run.end()
        if kind is Kind.KILL:
            newest = self._newest_request()
            self.past.requests[self.tally.runs] = range(before + 1, newest + 1)
        self._check(ended, kind)
        if kind is None:
            pace.learn(run, ended, share)
        return ended.status == 0 and kind is not Kind.READER

    def _newest_request(self) -> int:
        return max((each["number"] for each in self._asked(since=0)), default=0)

    def _asked(self, since: int) -> list[dict[str, Any]]:
        asked: list[dict[str, Any]] = self.emulator.requests(since=since)["requests"]
        return asked

    def _disturb(self, run: PluginRun, disturbance: Disturbance | None, before: int) -> Kind | None:
        is_reached = reach(run, disturbance, lambda: bool(self._asked(since=before)))
        if not is_reached or disturbance is None:
            return None
        asked = self._asked(since=before)
        unanswered = {each["number"] for each in asked if each["seconds"] is None}
        if not deal(disturbance.kind, run):
            return None
        self._asked_before = self._newest_request()
        self.tally.note(disturbance.kind, in_flight=bool(unanswered))
        if disturbance.kind is Kind.KILL:
            later = self._asked(since=before + len(asked))
            self.past.unanswered |= unanswered | {each["number"] for each in later}
        return disturbance.kind

    def _check(self, ended: Ended, kind: Kind | None) -> None:
        is_at_work = BEGUN in ended.log and OVER not in ended.log
        allowed = statuses(kind, is_at_work=is_at_work)
        self.tally.check_end(ended, kind, allowed)
        if self.arrived.done == self.sent.count:
            self.tally.check_stop(kind, self._newest_request() - self._asked_before)
        names = {each.name for each in self.folder.iterdir() if each.suffix != ".log"}
        strange = [each for each in names if not each.startswith(OWN_FILES)]
        if strange:
            self.tally.fault(f"strange files: {strange}")
        if (self.folder / LEDGER).exists():
            self._check_ledger(was_killed=kind is Kind.KILL)

    def _check_ledger(self, *, was_killed: bool) -> None:
        """Open a copy of the ledger, as the next run will, and see what was on its way."""
        with tempfile.TemporaryDirectory() as folder:
            for each in self.folder.glob(f"{LEDGER}*"):
                copy(each, folder)
            with closing(sqlite3.connect(Path(folder) / LEDGER)) as database:
                found = database.execute("PRAGMA integrity_check").fetchone()
                (version,) = database.execute("PRAGMA user_version").fetchone()
                if was_killed and version:
                    self.past.claimed[self.tally.runs] = database.execute(CLAIMED).fetchone()[0]
        if found != ("ok",):
            self.tally.fault(f"the ledger is damaged: {found}")

    def check(self) -> None:
        """Check what arrived in all runs of the job."""
        Outcome(self.arrived, self.sent, self.past, self.tally).check(self.uncertain)


def target(place: Workplace, count: int, seed: str, uncertain: str) -> Tally:
    """Disturb the target this number of times."""
    tally, sent = Tally(f"target, `uncertain: {uncertain}`"), Sent(RECORDS)
    emulator = place.start(**WORLD)

    def new_job(number: int) -> TargetJob:
        return TargetJob(emulator, new_folder(place, number), uncertain, sent, tally)

    disturb(new_job, Disturbances(OF_TARGET, count, f"{seed} {uncertain}"))
    return tally


def disturb(new_job: Callable[[int], TargetJob], disturbances: Disturbances) -> None:
    """Do a job undisturbed, and then as many as the disturbances take."""
    pace = Pace()
    job = new_job(0)
    job.run(Disturbances((), 0, ""), pace)
    for number in itertools.count(1):
        job.check()
        if not disturbances.are_left:
            break
        job = new_job(number)
        while not job.run(disturbances, pace):
            pass


def new_folder(place: Workplace, number: int) -> Path:
    """Make a job's folder."""
    folder = place.folder / f"job-{number}"
    folder.mkdir()
    return folder


def target_resend(place: Workplace, count: int, seed: str) -> Tally:
    """Disturb the target where it sends again what nobody knows the outcome of."""
    return target(place, count, seed, "resend")


def target_skip(place: Workplace, count: int, seed: str) -> Tally:
    """Disturb the target where it does not."""
    return target(place, count, seed, "skip")
