"""Runs of an export that are missing, or much smaller than former ones, are named."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from tap_clevertap.files.runs import odd_runs
from tap_clevertap.files.store import FileInfo

DAY = timedelta(days=1)
START = datetime(2026, 8, 1, tzinfo=timezone.utc)


def run(day, *, files=4, size=100, export=17, form="{export}-{at}-Charged-20260801-{n}-0.json"):
    at = START + day * DAY
    names = (form.format(export=export, at=int(at.timestamp()), n=n) for n in range(files))
    return [FileInfo(name, size, "1", at + timedelta(hours=1)) for name in names]


def found(*runs, new=None, now=START):
    listing = [info for files in runs for info in files]
    waiting = listing if new is None else new
    return [*odd_runs(listing, lambda info: info not in waiting, now)]


def test_equal_runs_are_not_odd():
    assert found(*(run(day) for day in range(9)), now=START + 9 * DAY) == []


@pytest.mark.parametrize("small", [{"files": 1}, {"size": 40}], ids=["files", "bytes"])
def test_a_much_smaller_run_is_named_while_it_has_files_to_read(small):
    runs = [*(run(day) for day in range(5)), run(5, **small), run(6)]
    (fault,) = found(*runs)
    assert fault.startswith("export `17`: its run of 2026-08-06 00:00 UTC has ")
    assert fault.endswith("so far, former runs have about 4 files and 400 bytes")
    assert found(*runs, new=runs[5]) == [fault]
    assert found(*runs, new=runs[6]) == []


def test_runs_that_follow_closely_are_no_schedule():
    runs = [run(number / 96) for number in range(5)]
    assert found(*runs, run(0.3), now=START + DAY) == []


@pytest.mark.parametrize("gap", [2, 3])
def test_a_missing_run_is_named_when_the_next_is_there(gap):
    runs = [*(run(day) for day in range(5)), run(4 + gap)]
    (fault,) = found(*runs, new=runs[-1])
    assert fault == (
        f"export `17`: about {gap - 1} runs are missing between 2026-08-05 00:00 UTC and "
        f"2026-08-0{5 + gap} 00:00 UTC, as there is one each 24 hours"
    )


@pytest.mark.parametrize(("days", "is_late"), [(1, False), (3, True), (30, False)])
def test_a_late_run_is_named_until_the_export_seems_given_up(days, is_late):
    runs = [run(day) for day in range(5)]
    faults = found(*runs, new=[], now=START + (4 + days) * DAY)
    assert faults == is_late * [
        "export `17`: there is no run since 2026-08-05 01:00 UTC, though there is one each 24 hours"
    ]


def test_too_few_runs_do_not_tell_what_is_usual():
    assert found(run(0), run(1), run(9, files=1), now=START + 12 * DAY) == []


def test_exports_are_compared_with_themselves():
    profiles = "TEST-000-0000-9-{at}-{n}.json.gz"
    few = [run(day, files=1, export=9, form=profiles) for day in range(5)]
    many = [run(day) for day in range(5)]
    assert found(*few, *many, run(5, files=1, export=9, form=profiles)) == []
    (fault,) = found(*few, *many, run(5, files=1))
    assert fault.startswith("export `17`: its run of 2026-08-06 ")
    (fault,) = found(*few, *many, run(5, files=1, size=9, export=9, form=profiles))
    assert fault.startswith("export `TEST-000-0000-9`: its run of 2026-08-06 ")


def test_other_names_are_of_no_run():
    assert found([FileInfo("mine.json", 1, "1", START)]) == []
