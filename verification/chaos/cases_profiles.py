"""`changes_only`, disturbed again and again: in the end all profiles are as in the last feed."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.support.plugin_process import BIN
from verification.chaos.disturbances import OF_TARGET, Disturbances, Kind, Pace, deal, reach
from verification.chaos.plugin_run import PluginRun
from verification.chaos.tally import Tally, statuses

if TYPE_CHECKING:
    from pathlib import Path

    from clevertap_emulator.testing import Emulator
    from verification.bench.workplace import Workplace

USERS, ROWS = 3_000, 25
FEEDS_A_JOB = 3
"""Of one job: a feed comes three times, disturbed, and then once more."""
WORLD: dict[str, Any] = {"days": 1, "events_per_day": 1, "users": 10}
FAULTS = [
    {"match": {"kind": "upload", "every": 3}, "action": {"delay_effect": 0.12}},
    {"match": {"kind": "upload"}, "action": {"delay": 0.04}},
]
BEGUN, OVER = "the ledger is", " delivered "
COLUMNS = {"email": {"type": "string"}, "plan": {"type": "string"}, "number": {"type": "integer"}}
SCHEMA = {
    "type": "SCHEMA",
    "stream": "users",
    "schema": {"properties": COLUMNS},
    "key_properties": ["email"],
}
Plans = list[str]


@dataclass
class ProfileJobs:
    """Feeds that change back and forth, to one emulator and with one ledger."""

    emulator: Emulator
    folder: Path
    tally: Tally
    chance: random.Random
    pace: Pace = field(default_factory=Pace)

    def __post_init__(self) -> None:
        """Write the settings."""
        settings = {
            "account_id": self.emulator.account_id,
            "passcode": self.emulator.passcode,
            "api_url": self.emulator.url,
            "streams": {"users": {"type": "profile", "identity": "email", "changes_only": True}},
            "rejects_path": "rejects.jsonl",
            "ledger_path": "ledger.sqlite",
            "batch_size_rows": ROWS,
            "max_in_flight": 5,
        }
        (self.folder / "config.json").write_text(json.dumps(settings))
        self.emulator.faults(FAULTS)

    def run(self, plans: Plans, disturbances: Disturbances | None) -> str:
        """Send a feed, disturbed or not, and return the log."""
        self.tally.runs += 1
        disturbance = None if disturbances is None else disturbances.next(self.pace, 1.0)
        before = self._newest_request()
        command = [str(BIN / "target-clevertap"), "--config", "config.json"]
        run = PluginRun(command, self.folder, lambda _: None, feed(plans))
        kind: Kind | None = None
        is_reached = reach(run, disturbance, lambda: self._newest_request() > before)
        if is_reached and disturbance is not None and deal(disturbance.kind, run):
            kind = disturbance.kind
            self.tally.note(kind, in_flight=self._newest_request() > before)
        if disturbances is not None and kind:
            disturbances.was_dealt()
        ended = run.end()
        is_at_work = BEGUN in ended.log and OVER not in ended.log
        self.tally.check_end(ended, kind, statuses(kind, is_at_work=is_at_work))
        if disturbances is None:
            self.pace.learn(run, ended, 1.0)
        return ended.log

    def check(self, plans: Plans) -> None:
        """Send a feed to its end, and check that all is as in it, and not sent again."""
        self.run(plans, None)
        found = self._plans()
        self.tally.jobs += 1
        self.tally.records += USERS
        wrong = [number for number, plan in enumerate(plans) if found.get(number) != plan]
        self.tally.lost += len(wrong)
        if wrong:
            self.tally.fault(f"{len(wrong)} are not as in the last feed, such as {wrong[:5]}")
        if f"retried 0, unchanged {USERS} (not sent)" not in self.run(plans, None):
            self.tally.fault("profiles that did not change are sent again")

    def changed(self, plans: Plans) -> Plans:
        """Return a feed in which many profiles differ, some as they were before."""
        return [self.chance.choice("ab") if self.chance.random() < 0.5 else plan for plan in plans]

    def _plans(self) -> dict[int, str]:
        """Return the plan of each user, by what was stored last."""
        stored = sorted(self.emulator.uploads()["profiles"], key=lambda each: each["request"])
        found: dict[int, str] = {}
        for each in stored:
            data = each["record"]["profileData"]
            self.tally.repeated += found.get(data["number"]) == data["plan"]
            found[data["number"]] = data["plan"]
        return found

    def _newest_request(self) -> int:
        requests: list[dict[str, Any]] = self.emulator.requests()["requests"]
        return max((each["number"] for each in requests), default=0)


def feed(plans: Plans) -> bytes:
    """Return the rows of all users."""
    rows = [
        {
            "type": "RECORD",
            "stream": "users",
            "record": {"email": f"user{number}@example.org", "plan": plan, "number": number},
        }
        for number, plan in enumerate(plans)
    ]
    return b"".join(json.dumps(each).encode() + b"\n" for each in [SCHEMA, *rows])


def profiles(place: Workplace, count: int, seed: str) -> Tally:
    """Disturb a target that sends only what changed this number of times."""
    tally = Tally("target, `changes_only`")
    disturbances = Disturbances(OF_TARGET, count, f"{seed} profiles")
    plans: Plans = ["a"] * USERS
    for number in range(count):
        if not disturbances.are_left:
            break
        folder = place.folder / f"job-{number}"
        folder.mkdir()
        jobs = ProfileJobs(place.start(**WORLD), folder, tally, random.Random(f"{seed} {number}"))
        jobs.check(plans)
        for _ in range(FEEDS_A_JOB):
            plans = jobs.changed(plans)
            jobs.run(plans, disturbances)
        jobs.check(plans)
    return tally
