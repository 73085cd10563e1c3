"""Runs of an export that are missing, or much smaller than former ones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

from tap_clevertap._plugin.shown import shown
from tap_clevertap.files.names import parse_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime

    from tap_clevertap.files.store import FileInfo

ENOUGH = 3
"""Former runs, or spans between them, that tell what is usual."""
FORMER = 14
"""Former runs that are looked at: the usual size changes."""
SMALL = 0.5
"""Share of the usual files or bytes below which a run is much smaller."""
LONG = 1.5
"""Times the usual span after which a run is missing."""
SHORTEST = timedelta(hours=1)
"""Schedules have 4 to 24 hours [U:profile-exports]; runs that follow closer are not a schedule."""
LATE, GIVEN_UP = 2, 10
"""Times the usual span after the newest run from which, and until which, one is late."""


@dataclass
class RunOfFiles:
    """The files of a run."""

    at: datetime
    modified: datetime
    """Its newest file."""
    files: int = 0
    size: int = 0
    """In bytes."""
    is_new: bool = False
    """Whether one of its files is to be read."""


def odd_runs(
    listing: Iterable[FileInfo], was_read: Callable[[FileInfo], bool], now: datetime
) -> Iterator[str]:
    """Yield what is odd about runs that have files to read, and about runs that are late.

    Args:
        listing: All files that there are.
        was_read: Whether a file was read to its end.
        now: In UTC.
    """
    for export, runs in sorted(_runs_of(listing, was_read).items()):
        for number, run in enumerate(runs):
            if run.is_new:
                former = runs[max(0, number - FORMER) : number]
                yield from (f"export {shown(export)}: {fault}" for fault in _faults(run, former))
        if late := _late(runs, now):
            yield f"export {shown(export)}: {late}"


def _runs_of(
    listing: Iterable[FileInfo], was_read: Callable[[FileInfo], bool]
) -> dict[str, list[RunOfFiles]]:
    """Return the runs of each export in their order; files without a run are left out."""
    found: dict[str, dict[datetime, RunOfFiles]] = {}
    for info in listing:
        name = parse_name(info.key)
        if name.export is None or name.run is None:
            continue
        run = found.setdefault(name.export, {}).setdefault(
            name.run, RunOfFiles(name.run, info.modified)
        )
        run.files += 1
        run.size += info.size
        run.modified = max(run.modified, info.modified)
        run.is_new |= not was_read(info)
    return {export: [runs[at] for at in sorted(runs)] for export, runs in found.items()}


def _faults(run: RunOfFiles, former: Sequence[RunOfFiles]) -> Iterator[str]:
    if len(former) < ENOUGH:
        return
    files, size = median(each.files for each in former), median(each.size for each in former)
    if run.files < SMALL * files or run.size < SMALL * size:
        yield (
            f"its run of {_moment(run.at)} has {run.files} files and {run.size:,} bytes so far, "
            f"former runs have about {files:.0f} files and {size:,.0f} bytes"
        )
    span, usual = run.at - former[-1].at, _usual_span(former)
    if usual and span > LONG * usual:
        missing = max(1, round(span / usual) - 1)
        yield (
            f"about {missing} runs are missing between {_moment(former[-1].at)} and "
            f"{_moment(run.at)}, as there is one each {_span(usual)}"
        )


def _late(runs: Sequence[RunOfFiles], now: datetime) -> str:
    usual = _usual_span(runs[-FORMER:])
    newest = max(run.modified for run in runs)
    if not usual or not LATE * usual < now - newest < GIVEN_UP * usual:
        return ""
    return f"there is no run since {_moment(newest)}, though there is one each {_span(usual)}"


def _usual_span(runs: Sequence[RunOfFiles]) -> timedelta:
    """Return the usual time between runs; 0 if that is not known."""
    spans = [(later.at - run.at).total_seconds() for run, later in pairwise(runs)]
    usual = timedelta(seconds=median(spans) if len(spans) >= ENOUGH - 1 else 0)
    return usual if usual >= SHORTEST else timedelta(0)


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _span(span: timedelta) -> str:
    return f"{span / timedelta(hours=1):.0f} hours"
