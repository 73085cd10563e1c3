"""`meltano run` with the target in it, signalled as a terminal does: the whole process group."""

from __future__ import annotations

import itertools
import json
import re
import shlex
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support.plugin_process import BIN
from tests.support.run_output import clean_environment
from verification.chaos.cases_target import LEDGER, REJECTS, new_folder
from verification.chaos.disturbances import OF_MELTANO, Disturbances, Kind, Pace, deal_group, reach
from verification.chaos.plugin_run import Ended, PluginRun
from verification.chaos.tally import Tally
from verification.chaos.target_outcome import Outcome, Past
from verification.chaos.target_truth import RULES, Arrived, Sent

if TYPE_CHECKING:
    from clevertap_emulator.testing import Emulator
    from verification.bench.workplace import Workplace

RECORDS = 20_000
SIGNALS_OF_A_JOB = 5
"""With more, little of the job would be left to be signalled in."""
WORLD: dict[str, Any] = {"days": 1, "events_per_day": 1, "users": 10, "latency_ms": 300}
OWN_TRACE = re.compile(r"Traceback(.|\n)*target_clevertap/")
BEGUN, MELTANO_ENDED = "the ledger is", "Run completed"
LOGGED = ("ended by signal", "lines of input")
"""Log lines of a target that a signal ended, or that had read all of its input by then."""
ROOT = Path(__file__).parents[2]
FEEDING = f"""#!/bin/sh
cd {shlex.quote(str(ROOT))} || exit
exec {shlex.quote(sys.executable)} -m verification.chaos.feeding_tap --records %d "$@"
"""


@dataclass
class MeltanoJob:
    """One delivery of everything by `meltano run`, signalled until it is done."""

    emulator: Emulator
    folder: Path
    sent: Sent
    tally: Tally
    arrived: Arrived = field(init=False)
    signals: int = 0

    def __post_init__(self) -> None:
        """Empty the emulator, and write the project."""
        self.emulator.reset()
        self.arrived = Arrived(self.emulator, self.folder / REJECTS, self.tally)
        tap = self.folder / "feeding-tap"
        tap.write_text(FEEDING % self.sent.count)
        tap.chmod(0o755)
        (self.folder / "meltano.yml").write_text(json.dumps(self._project(tap)))
        # A signal while Meltano makes its own database leaves one that it cannot use.
        made = [str(BIN / "meltano"), "state", "list"]
        environment = clean_environment()
        subprocess.run(made, cwd=self.folder, env=environment, capture_output=True, check=True)

    def _project(self, tap: Path) -> dict[str, Any]:
        settings = {
            "account_id": self.emulator.account_id,
            "passcode": self.emulator.passcode,
            "api_url": self.emulator.url,
            "streams": RULES,
            "rejects_path": str(self.folder / REJECTS),
            "ledger_path": str(self.folder / LEDGER),
            "batch_size_rows": 100,
        }
        known = [{"name": name, "kind": "string"} for name in settings]
        extractor = {
            "name": "tap-feeding",
            "namespace": "tap_feeding",
            "executable": str(tap),
            "capabilities": ["state"],
        }
        loader = {
            "name": "target-clevertap",
            "namespace": "target_clevertap",
            "executable": str(BIN / "target-clevertap"),
            "settings": known,
            "config": settings,
        }
        return {
            "version": 1,
            "send_anonymous_usage_stats": False,
            "auto_install": False,
            "default_environment": "dev",
            "environments": [{"name": "dev"}],
            "plugins": {"extractors": [extractor], "loaders": [loader]},
        }

    def run(self, disturbances: Disturbances, pace: Pace) -> bool:
        """Run once; return whether the job is done."""
        share = 1 - self.arrived.done / self.sent.count
        disturbance = disturbances.next(pace, share)
        self.tally.runs += 1
        # after a SIGHUP Meltano takes itself for still running
        command = [str(BIN / "meltano"), "run", "--force", "tap-feeding", "target-clevertap"]
        before = self._requests()
        run = PluginRun(command, self.folder, lambda _: None)
        kind = None
        if reach(run, disturbance, lambda: self._requests() > before) and disturbance is not None:
            unanswered = any(each["seconds"] is None for each in self._asked())
            if deal_group(disturbance.kind, run):
                kind = disturbance.kind
                self.signals += 1
                self.tally.note(kind, in_flight=unanswered)
                disturbances.was_dealt()
        ended = run.end()
        self._check(ended, kind)
        if kind is None:
            pace.learn(run, ended, share)
        return ended.status == 0

    def _asked(self) -> list[dict[str, Any]]:
        asked: list[dict[str, Any]] = self.emulator.requests()["requests"]
        return asked

    def _requests(self) -> int:
        return max((each["number"] for each in self._asked()), default=0)

    def _check(self, ended: Ended, kind: Kind | None) -> None:
        faults = []
        if kind is None and ended.status:
            faults.append(f"status {ended.status}")
        if OWN_TRACE.search(ended.log):
            faults.append("a stack trace of the target in the log")
        if ended.outliving:
            faults.append(f"processes that outlive it: {ended.outliving}")
        was_at_work = BEGUN in ended.log and not any(each in ended.log for each in LOGGED)
        if was_at_work and MELTANO_ENDED in ended.log:  # else the log ended with Meltano
            faults.append("the target does not log that a signal ended it")
        for fault in faults:
            self.tally.fault(f"after {kind}: {fault}\n{ended.log[-3000:]}")
        self.arrived.take_state(json.dumps({"done": self._kept_state()}).encode())

    def _kept_state(self) -> int:
        """Return how far delivery has come by Meltano's state."""
        path = self.folder / ".meltano" / "meltano.db"
        if not path.exists():
            return 0
        with closing(sqlite3.connect(path)) as database:
            tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
            query = "SELECT completed_state, partial_state FROM state"
            rows = database.execute(query).fetchall() if "state" in tables else []
        states = [json.loads(each) for row in rows for each in row if each]
        return max((each.get("singer_state", {}).get("done", 0) for each in states), default=0)


def meltano(place: Workplace, count: int, seed: str) -> Tally:
    """Signal a pipeline of Meltano, a quarter as often as the others: a run takes ten seconds."""
    return signalled(place, max(count // 4, len(OF_MELTANO)), seed, RECORDS)


def signalled(place: Workplace, count: int, seed: str, records: int) -> Tally:
    """Signal a pipeline of Meltano a number of times."""
    tally, sent, pace = Tally("`meltano run`, target"), Sent(records), Pace(start_up=4.0)
    emulator = place.start(**WORLD)
    disturbances = Disturbances(OF_MELTANO, count, f"{seed} meltano")
    for number in itertools.count():
        job = MeltanoJob(emulator, new_folder(place, number), sent, tally)
        undisturbed = Disturbances((), 0, seed)
        while not job.run(
            disturbances if number and job.signals < SIGNALS_OF_A_JOB else undisturbed, pace
        ):
            pass
        Outcome(job.arrived, sent, Past(), tally).check("resend")
        if not disturbances.are_left:
            return tally
    raise AssertionError  # a count has no end
