"""Fingerprints of more hours than memory holds are counted as if it held them."""

from __future__ import annotations

import errno
import os
import random
from collections import Counter

import pytest

from tap_clevertap.errors import CleverTapError
from tap_clevertap.numbering import hourly_counts
from tap_clevertap.numbering.hourly_counts import HourlyCounts

FIRST = 2026112800


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    monkeypatch.setattr(hourly_counts, "MOST_IN_MEMORY", 100)
    monkeypatch.setattr(hourly_counts, "HOURS_IN_USE", 1)


@pytest.fixture
def written(monkeypatch):
    """The lengths of what was written into files."""
    lengths, pwrite = [], os.pwrite

    def noted(descriptor, content, at):
        lengths.append(len(content))
        return pwrite(descriptor, content, at)

    monkeypatch.setattr(os, "pwrite", noted)
    return lengths


def fingerprint(number):
    return number.to_bytes(2, "little") + number.to_bytes(14, "big")


def rows(hours, of_hour, again=2):
    """Return fingerprints and hours in their order; each fingerprint comes several times."""
    return [
        (fingerprint(hour * 1000 + number % (of_hour // again)), FIRST + hour)
        for hour in range(hours)
        for number in range(of_hour)
    ]


def counted(counts, given, at_a_time):
    found = []
    for start in range(0, len(given), at_a_time):
        found += counts.add(*zip(*given[start : start + at_a_time], strict=True))
    return found


def expected(given):
    seen = Counter()
    found = []
    for each, _ in given:
        found.append(seen[each])
        seen[each] += 1
    return found


@pytest.mark.parametrize("again", [1, 2, 40])
@pytest.mark.parametrize("at_a_time", [7, 40, 1000])
def test_rows_in_order_are_counted_as_in_memory(written, again, at_a_time):
    given = rows(hours=9, of_hour=40, again=again)
    counts = HourlyCounts()
    assert counted(counts, given, at_a_time) == expected(given)
    assert written
    assert all(counts.count(each, hour) == again for each, hour in given)


def test_files_of_one_day_one_after_the_other_are_counted_together(written):
    given = rows(hours=9, of_hour=40) * 3
    assert counted(HourlyCounts(), given, 40) == expected(given)
    assert len(written) > 9


def test_rows_in_no_order_stay_in_memory(written, monkeypatch):
    monkeypatch.setattr(hourly_counts, "MOVED_FOR_A_ROW", 1)
    given = rows(hours=24, of_hour=40)
    random.Random(7).shuffle(given)
    counts = HourlyCounts()
    assert counted(counts, given, 10) == expected(given)
    assert written
    written.clear()
    assert {*counted(counts, given, 10)} == {2, 3}
    assert not written


def test_large_hours_that_are_used_in_turn_stay_in_memory(written, monkeypatch):
    monkeypatch.setattr(hourly_counts, "HOURS_IN_USE", 3)
    given = rows(hours=3, of_hour=400)
    given = [each for start in range(400) for each in given[start::400]]
    assert counted(HourlyCounts(), given, 10) == expected(given)
    assert not written


def test_few_rows_write_nothing(written):
    given = rows(hours=10, of_hour=10)
    assert counted(HourlyCounts(), given, 10) == expected(given)
    assert not written


@pytest.mark.parametrize("fails_at", [0, 3])
def test_a_full_disk_keeps_all_in_memory(monkeypatch, written, fails_at):
    pwrite = os.pwrite

    def full(descriptor, content, at):
        if len(written) > fails_at:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return pwrite(descriptor, content[:50], at)

    monkeypatch.setattr(os, "pwrite", full)
    given = rows(hours=9, of_hour=40) * 2
    assert counted(HourlyCounts(), given, 20) == expected(given)


def test_a_file_that_cannot_be_read_ends_the_run(monkeypatch):
    counts = HourlyCounts()
    given = rows(hours=9, of_hour=40)
    counted(counts, given, 40)
    monkeypatch.setattr(os, "pread", lambda *_: b"")
    with pytest.raises(CleverTapError, match="a temporary file cannot be read"):
        counts.add(*zip(*given[:40], strict=True))
