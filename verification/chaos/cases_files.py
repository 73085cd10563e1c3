"""The streams of export files, disturbed again and again while the files change between runs."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field
from itertools import count, cycle
from typing import TYPE_CHECKING, Any

from clevertap_emulator.testing import export_files
from tests.support.plugin_process import BIN
from verification.chaos.disturbances import OF_TAP, Disturbances, Kind, Pace, deal, reach
from verification.chaos.files_truth import FilesReading, FilesTruth
from verification.chaos.plugin_run import PluginRun
from verification.chaos.tally import Tally, statuses

if TYPE_CHECKING:
    from pathlib import Path

    from clevertap_emulator.testing import Exported
    from verification.bench.workplace import Workplace
    from verification.chaos.disturbances import Disturbance
    from verification.chaos.plugin_run import Ended

FORMATS = ("json", "parquet", "csv", "eventbridge", "xml")
ACCOUNT = "TEST-000-0000"
WORLD: dict[str, Any] = {
    "account_id": ACCOUNT,
    "timezone": "UTC",
    "days": 4,
    "today": "2026-08-31",
    "users": 60,
    "events_per_day": 350,
    "rows_per_file": 12,
    "runs": 2,
}
OF_BRIDGE = {"rows_per_file": 10_000}
"""Of EventBridge: a file for each day, so that equal events are not in several."""
MOST_OF_A_JOB = 4
"""Disturbances of one job, so that all formats come up: a short run writes no state before its end,
and would be disturbed for ever."""
STAGES: tuple[tuple[dict[str, Any], ...], ...] = (
    ({"only_run": [1], "cut": 1, "grow": 3, "replace": 3},),
    ({"only_run": [1]}, {"only_run": [2], "grow": 2}),
    ({},),
)
"""What is there in the first run of a job, in the second, and from then on."""


@dataclass(frozen=True)
class Manner:
    """How a job is done."""

    settings: dict[str, Any] = field(default_factory=dict)
    reading_pause: float = 0.0


@dataclass
class FilesJobs:
    """Reads whole exports of one format after another."""

    folder: Path
    tally: Tally
    disturbances: Disturbances
    _truths: dict[str, FilesTruth] = field(default_factory=dict)
    _paces: dict[tuple[str, float], Pace] = field(default_factory=dict)
    _numbers: count[int] = field(default_factory=count)

    def do(self, form: str, manner: Manner) -> None:
        """Do one job to its end or first fault, disturbed while there are disturbances left."""
        if form not in self._truths:
            self._truths[form] = self._truth(form)
        pace = self._paces.get((form, manner.reading_pause)) or self._learn(form, manner)
        job, reading = self._job(form, manner)
        is_done, stages, before = False, iter(STAGES), self.tally.dealt.total()
        while not is_done:
            stage = next(stages, None)
            if stage is not None:
                job.change(stage, reading)
            is_left_alone = self.tally.dealt.total() - before >= MOST_OF_A_JOB
            disturbance = (
                None if is_left_alone else self.disturbances.next(pace, reading.share_left)
            )
            faults = len(self.tally.faults)
            is_whole = self._run(job, reading, pace, disturbance)
            has_failed = len(self.tally.faults) > faults
            is_done = has_failed or (is_whole and not job.is_cut and stage is None)
        self._check_all(reading)
        shutil.rmtree(job.folder)

    def _job(self, form: str, manner: Manner) -> tuple[FilesJob, FilesReading]:
        job = FilesJob(form, manner, self.folder / f"job-{next(self._numbers)}")
        return job, FilesReading(self._truths[form], self.tally)

    def _learn(self, form: str, manner: Manner) -> Pace:
        """Read whole files, undisturbed, and return how long that takes."""
        pace = self._paces[form, manner.reading_pause] = Pace()
        job, reading = self._job(form, manner)
        job.change(({},), reading)
        run = job.start(reading)
        run.until_asked(lambda: reading.has_begun)
        ended = run.end()
        self._check_end(ended, None, job)
        pace.learn(run, ended, 1.0)
        self._check_all(reading)
        return pace

    def _truth(self, form: str) -> FilesTruth:
        exported = export(self.folder / f"whole-{form}", form, {})
        return FilesTruth(exported, are_numbered=form != "eventbridge")

    def _check_all(self, reading: FilesReading) -> None:
        self.tally.lost += reading.missing
        if reading.missing:
            self.tally.fault(f"{reading.missing} records are lost")
        if reading.unmarked:
            self.tally.fault(f"{reading.unmarked} files are in no state")
        self.tally.jobs += 1

    def _run(
        self, job: FilesJob, reading: FilesReading, pace: Pace, disturbance: Disturbance | None
    ) -> bool:
        """Run once; return whether everything that can be read was read."""
        share = reading.share_left
        self.tally.runs += 1
        run = job.start(reading)
        kind = self._disturb(run, disturbance, reading)
        if kind:
            self.disturbances.was_dealt()
        ended = run.end()
        self._check_end(ended, kind, job)
        if kind is None:
            pace.learn(run, ended, share)
        return ended.status == 0 and kind is not Kind.READER

    def _disturb(
        self, run: PluginRun, disturbance: Disturbance | None, reading: FilesReading
    ) -> Kind | None:
        if not reach(run, disturbance, lambda: reading.has_begun) or disturbance is None:
            return None
        in_flight = run.has_unread
        if not deal(disturbance.kind, run):
            return None
        self.tally.note(disturbance.kind, in_flight=in_flight)
        return disturbance.kind

    def _check_end(self, ended: Ended, kind: Kind | None, job: FilesJob) -> None:
        allowed = statuses(kind, is_at_work=ended.lines > 0)
        if job.is_cut:
            allowed = {1} if kind is None else allowed | {1}
        self.tally.check_end(ended, kind, allowed, has_batches=job.has_batches)


class FilesJob:
    """A folder of files that change, and the tap that reads them.

    Args:
        form: The format.
        manner: How it is read.
        folder: Of the job.
    """

    def __init__(self, form: str, manner: Manner, folder: Path) -> None:
        self.folder = folder
        self.is_cut = False
        """Whether a file cannot be read."""
        self.has_batches = "batch_config" in manner.settings
        self._form = form
        self._manner = manner
        self._files = folder / "files"
        self._numbers = count()
        folder.mkdir()
        (folder / "catalog.json").write_text('{"streams": []}')

    def change(self, stage: tuple[dict[str, Any], ...], reading: FilesReading) -> None:
        """Write files, and note how many rows each has; a file that is cut has none."""
        self.is_cut = False
        for settings in stage:
            exported = export(self._files, self._form, settings)
            self.is_cut |= bool(exported.damaged["cut"])
            rows = FilesTruth(exported, are_numbered=True).rows_of
            for key in exported.damaged["grow"]:
                rows[key] //= 2
            for key in exported.damaged["replace"]:
                rows[key] -= rows[key] // 2
            for key in exported.files:
                if key not in exported.damaged["cut"]:
                    reading.sizes[key, (self._files / key).stat().st_size] = rows[key]

    def start(self, reading: FilesReading) -> PluginRun:
        """Start a run."""
        reading.begin_run()
        config = {
            "account_id": ACCOUNT,
            "passcode": "unused",
            "timezone": "UTC",
            "start_date": "2026-08-01",
            "export_files_url": str(self._files),
            "select": ["exported_events", "exported_profiles"],
            **self._manner.settings,
        }
        command = [str(BIN / "tap-clevertap"), "--config", self._write("config", config)]
        command += ["--catalog", str(self.folder / "catalog.json")]
        if reading.state is not None:
            command += ["--state", self._write("state", reading.state)]
        pause = self._manner.reading_pause
        return PluginRun(command, self.folder, reading.take_line, reading_pause=pause)

    def _write(self, name: str, value: Any) -> str:
        path = self.folder / f"{name}-{next(self._numbers)}.json"
        path.write_text(json.dumps(value))
        return str(path)


def export(folder: Path, form: str, settings: dict[str, Any]) -> Exported:
    """Write files of a format; those that are the same already are left alone."""
    chosen = {**WORLD, "format": form, **(OF_BRIDGE if form == "eventbridge" else {}), **settings}
    return export_files(folder, **chosen)


def exported_files(place: Workplace, count: int, seed: str) -> Tally:
    """Disturb the streams of export files this number of times, in all formats in turn."""
    tally = Tally("tap, export files of each format, which change")
    jobs = FilesJobs(place.folder, tally, Disturbances(OF_TAP, count, f"{seed} exported_files"))
    storage = {"root": (place.folder / "batches").as_uri()}
    encoding = {"format": "jsonl", "compression": "gzip"}
    batches = {"batch_config": {"encoding": encoding, "storage": storage, "batch_size": 500}}
    manners = cycle([Manner(reading_pause=0.05), Manner(batches), Manner(reading_pause=0.02)])
    for form, manner in zip(cycle(FORMATS), manners, strict=False):
        if not jobs.disturbances.are_left:
            return tally
        jobs.do(form, manner)
    raise AssertionError  # cycles have no end
