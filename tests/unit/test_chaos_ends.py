"""`make chaos` fails for what is promised of a long load, and not for what a busy machine takes."""

from __future__ import annotations

import sys

import pytest

from verification.bench.table import Row, flat
from verification.chaos import cases_load, run
from verification.chaos.cases_load import MEMORY_GOALS, Sample, Watch, memory_goal, rows_of
from verification.chaos.cases_receiver_load import answer_times
from verification.chaos.tally import Tally

NO_PROCESS = 2**22 + 1
WHOLE, NIGHTLY = (least for least, _ in MEMORY_GOALS)
GROWN = flat("a load, tap, memory", 150.0, 100.0, "MB")
SLOW = Row("a load, start", "30.0 ms", "10.0 ms", 3.0, "≤ 2.00", is_duration=True)


@pytest.fixture
def end_with(monkeypatch):
    """Run a load that found these rows; return what the program ends with."""

    def end_with(*rows):
        monkeypatch.setattr(run, "LOADS", {"load": lambda _place, _rows: [*rows]})
        monkeypatch.setattr(sys, "argv", ["make chaos", "--count", "8", "load"])
        try:
            run.main()
        except SystemExit as end:
            return end.code
        return 0

    return end_with


def held(*megabytes, descriptors=12, threads=6):
    """Return the rows of a plugin that held this much memory in one second after another."""
    watch = Watch(NO_PROCESS)
    watch.join()
    watch.samples = [Sample(each, descriptors, threads) for each in megabytes]
    return watch


def test_growth_under_a_load_is_named_and_fails(end_with):
    assert end_with(GROWN, SLOW) == "missed: a load, tap, memory, 150.0 MB"
    assert end_with(GROWN._replace(ratio=1.1)) == 0


def test_a_duration_that_misses_its_goal_is_only_marked(end_with, capsys):
    assert end_with(SLOW) == 0
    assert "3.00, missed" in capsys.readouterr().out


def test_faults_are_counted_next_to_missed_goals():
    tally = Tally("tap")
    tally.fault("lost")
    ended = run.broken_promises({"tap": tally}, {"load": [GROWN, SLOW]})
    assert ended.splitlines() == [
        "missed: a load, tap, memory, 150.0 MB",
        "1 faults, see above",
    ]
    assert not run.broken_promises({"tap": Tally("tap")}, {"load": [SLOW]})


@pytest.mark.parametrize("rows", [WHOLE, NIGHTLY])
def test_a_load_of_this_many_rows_has_goals(rows):
    steady = rows_of("it", "tap", held(*[100.0] * 40), memory_goal(rows))
    assert [row.is_missed for row in steady] == [False] * 3
    grown = rows_of("it", "tap", held(*range(100, 180)), memory_goal(rows))
    assert [row.is_missed for row in grown] == [True, False, False]
    assert not any(row.is_duration for row in grown)


def test_a_leak_of_descriptors_or_threads_is_missed():
    leaking = held(*[100.0] * 40)
    leaking.samples[-1] = Sample(100.0, 25, 10)
    rows = rows_of("it", "tap", leaking, memory_goal(WHOLE))
    assert [row.is_missed for row in rows] == [False, True, True]


def test_a_load_that_is_too_short_to_be_warm_has_no_goals():
    rows = rows_of("it", "tap", held(20.0, 60.0, 100.0), memory_goal(NIGHTLY - 1))
    assert [(row.to_reach, row.is_missed) for row in rows] == [("", False)] * 3


def test_answers_are_durations():
    answers = answer_times("it", "answers took 70.0 ms (median) and 90.0 ms")
    assert [(row.is_missed, row.is_duration) for row in answers] == [(True, True), (False, True)]


def test_a_descendant_that_ends_does_not_end_the_watch(monkeypatch, tmp_path):
    root, found = tmp_path / "7", iter([OSError, Sample(1.0, 1, 1), IndexError, Sample(2.0, 1, 1)])
    root.mkdir()

    def sample(_):
        each = next(found, None)
        if each is None:
            root.rmdir()
        if not isinstance(each, Sample):
            raise each or OSError
        return each

    monkeypatch.setattr(cases_load, "PROCESSES", tmp_path)
    monkeypatch.setattr(cases_load, "INTERVAL_SECONDS", 0)
    monkeypatch.setattr(cases_load, "sample", sample)
    watch = Watch(7)
    watch.join()
    assert [each.megabytes for each in watch.samples] == [1.0, 2.0]
