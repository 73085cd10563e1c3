"""`method: files` and `method: sftp`, disturbed until the job is done; the emulator imports."""

from __future__ import annotations

import itertools
import json
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.support.plugin_process import BIN
from tests.support.sftp_servers import SSHD, asyncssh_server, openssh
from verification.chaos.disturbances import OF_TARGET, Disturbances, Kind, Pace, deal, reach
from verification.chaos.into_files_truth import (
    RULES,
    ImportedFiles,
    SentIntoFiles,
    stream_of,
)
from verification.chaos.plugin_run import PluginRun
from verification.chaos.tally import Tally, statuses

if TYPE_CHECKING:
    from pathlib import Path

    from clevertap_emulator.testing import Emulator
    from verification.bench.workplace import Workplace

RECORDS = 3_000
FILE_BYTES = 10_000
"""So that a job has some ten files, and most kills come while one is on its way."""
WORLD: dict[str, Any] = {"days": 1, "events_per_day": 1, "users": 10}
SPOOL = ".clevertap-spool.sqlite"
BEGUN, OVER = "the ledger is", " delivered "
SFTP_SETTINGS = ("sftp_url", "sftp_key_path", "sftp_host_key")


class JobKind(NamedTuple):
    """How files reach the emulator, and when a run is disturbed."""

    is_sftp: bool
    is_late: bool


KINDS = [JobKind(is_sftp, is_late) for is_late in (True, False) for is_sftp in (False, True)]


@dataclass
class IntoFilesJob:
    """One delivery of everything into a folder that an emulator imports from."""

    emulator: Emulator
    folder: Path
    drops: Path
    settings: dict[str, Any]
    sent: SentIntoFiles
    tally: Tally
    is_late: bool
    """Whether disturbances wait until files are on their way."""

    imported: ImportedFiles = field(init=False)

    def __post_init__(self) -> None:
        """Write the settings."""
        self.imported = ImportedFiles(self.emulator, self.drops, self.tally)
        settings = {
            "account_id": self.emulator.account_id,
            "passcode": self.emulator.passcode,
            "api_url": self.emulator.url,
            "streams": RULES,
            "rejects_path": "rejects.jsonl",
            "ledger_path": "ledger.sqlite",
            "batch_size_rows": 25,
            "client_email": "ops@example.org",
            "files_max_bytes": FILE_BYTES,
            **self.settings,
        }
        (self.folder / "config.json").write_text(json.dumps(settings))

    def run(self, disturbances: Disturbances, pace: Pace) -> bool:
        """Run once; return whether the job is done."""
        share = 1 - self.imported.done / self.sent.count
        disturbance = disturbances.next(pace, share)
        self.tally.runs += 1
        command = [str(BIN / "target-clevertap"), "--config", "config.json"]
        feed = self.sent.since(self.imported.done)
        run = PluginRun(command, self.folder, self.imported.take_state, feed)
        before = len(self.imported.imports())
        kind: Kind | None = None
        is_begun = (self._files / SPOOL).exists
        is_publishing = partial(self._is_publishing, before)
        is_reached = reach(run, disturbance, is_publishing if self.is_late else is_begun)
        if is_reached and disturbance is not None and deal(disturbance.kind, run):
            kind = disturbance.kind
            self.tally.note(kind, in_flight=is_publishing())
            disturbances.was_dealt()
        ended = run.end()
        is_at_work = BEGUN in ended.log and OVER not in ended.log
        self.tally.check_end(ended, kind, statuses(kind, is_at_work=is_at_work))
        if kind is None:
            pace.learn(run, ended, share)
        return ended.status == 0 and kind is not Kind.READER

    @property
    def _files(self) -> Path:
        return self.folder / self.settings["files_path"]

    def _is_publishing(self, before: int) -> bool:
        """Return whether a file is on its way, or the run has brought one to its place."""
        is_begun = any(each.name.endswith(".part") for each in self._files.glob(".*"))
        return is_begun or len(self.imported.imports()) > before

    def check(self) -> None:
        """Check what was imported in all runs of the job."""
        self.imported.look([*self.drops.glob("*.manifest")])
        numbers, tally = self.imported.numbers, self.tally
        lost = set(range(self.sent.count)) - numbers.keys()
        again = [number for number, count in numbers.items() if count > 1]
        doubled = [number for number in again if stream_of(number) == "orders"]
        tally.jobs += 1
        tally.records += self.sent.count
        tally.lost += len(lost)
        tally.doubled += len(doubled)
        tally.repeated += len(again) - len(doubled)  # of profiles, which does no harm
        if lost or self.imported.done != self.sent.count:
            tally.fault(f"lost {sorted(lost)[:5]}, the last state is {self.imported.done}")
        if doubled:
            tally.fault(f"{len(doubled)} events are there twice, such as {sorted(doubled)[:5]}")
        if self.imported.last_numbers() != self.sent.last:
            tally.fault("the last value of a user is not the last that was sent")
        odd = [
            each for each in self.imported.imports() if each["status"] != "done" or each["failed"]
        ]
        if odd:
            tally.fault(f"files are not imported whole: {odd[:2]}")
        left = [each.name for each in self.drops.iterdir() if "clevertap-" in each.name]
        strange = [each for each in left if each.endswith((".csv", ".manifest", ".part"))]
        if strange:
            tally.fault(f"files are left over: {strange}")


def files_into(place: Workplace, count: int, seed: str) -> Tally:
    """Disturb a target that writes into a folder, and one that uploads by SFTP, in turn."""
    tally, sent = Tally("target, `method: files` and `sftp`"), SentIntoFiles(RECORDS)
    disturbances, paces = Disturbances(OF_TARGET, count, f"{seed} into"), [Pace() for _ in KINDS]
    for number in itertools.count():
        with ExitStack() as ends:
            job = new_job(place, number, sent, tally, ends)
            is_first = number < len(KINDS)
            dealt = Disturbances((), 0, "") if is_first else disturbances
            while not job.run(dealt, paces[number % len(KINDS)]):
                pass
            job.check()
        if number + 1 >= len(KINDS) and not disturbances.are_left:
            break
    return tally


def new_job(
    place: Workplace, number: int, sent: SentIntoFiles, tally: Tally, ends: ExitStack
) -> IntoFilesJob:
    """Make a job's folder, its server where it has one, and its emulator."""
    folder = place.folder / f"job-{number}"
    server_folder = folder / "server"
    server_folder.mkdir(parents=True)
    settings: dict[str, Any] = {"method": "files", "files_path": "server"}
    drops = server_folder
    kind = KINDS[number % len(KINDS)]
    if kind.is_sftp:
        start = asyncssh_server if SSHD is None else openssh
        server = ends.enter_context(start(server_folder))
        given = server.settings()
        settings = {each: given[each] for each in SFTP_SETTINGS}
        settings |= {"method": "sftp", "files_path": "files"}
        drops = server.folder
    emulator = place.start(**WORLD, drops=drops)
    ends.callback(emulator.stop)
    return IntoFilesJob(emulator, folder, drops, settings, sent, tally, kind.is_late)
