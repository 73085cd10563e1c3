from __future__ import annotations

from collections import Counter
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_clevertap.numbering import hourly_counts
from tap_clevertap.numbering.duplicates import DuplicateNumbering
from tap_clevertap.records import fingerprints

DAY = 20261128
HOUR = DAY * 100
OF_ONE_BUCKET = ["0102010202020202", "0102020202020203", "0202020201020202", "0101020202020202"]
"""What is kept of the first two holds the third between them, or the fourth in a small bucket."""
KINDS = [
    b"a" * 16,
    b"ab" * 8,
    b"aab" + b"a" * 13,
    *(bytes.fromhex(f"00{kept}{'00' * 7}") for kept in OF_ONE_BUCKET),
]
ROWS = st.lists(st.sampled_from(KINDS), max_size=30)


@given(rows=ROWS, cuts=st.lists(st.integers(0, 30), max_size=4), data=st.data())
def test_walking_again_emits_every_row_once_whatever_the_order(rows, cuts, data):
    few = data.draw(st.sampled_from([0, 5, 1000]))
    in_memory = data.draw(st.sampled_from([0, 3, 1000]))
    with (
        mock.patch.object(fingerprints, "MOST_FOR_A_BUCKET", few),
        mock.patch.object(hourly_counts, "MOST_IN_MEMORY", in_memory),
        mock.patch.object(hourly_counts, "HOURS_IN_USE", 1),
    ):
        emitted = emitted_rows(rows, cuts, data)
    expected = [(row, n) for row, count in Counter(rows).items() for n in range(count)]
    assert sorted(emitted) == sorted(expected)


def emitted_rows(rows, cuts, data):
    occurrences = DuplicateNumbering()
    emitted = []
    for walk, cut in enumerate([*cuts, len(rows)]):
        walked = data.draw(st.permutations(rows))
        parts = data.draw(st.sampled_from([1, 3, 30]))
        for start in range(0, cut, parts):
            part = walked[:cut][start : start + parts]
            hours = [HOUR + KINDS.index(row) % 3 for row in part]
            ordinals = occurrences.number(part, hours, walk=walk)
            emitted += [
                (row, ordinal)
                for row, ordinal in zip(part, ordinals, strict=True)
                if ordinal is not None
            ]
    return emitted


def test_many_equal_rows_are_numbered_like_few():
    occurrences = DuplicateNumbering()
    row, other = KINDS[0], KINDS[1]
    assert occurrences.number([row] * 20_000, [HOUR] * 20_000, walk=0) == list(range(20_000))
    assert occurrences.number([other], [HOUR], walk=0) == [0]
    again = occurrences.number([row] * 20_002, [HOUR] * 20_002, walk=1)
    assert again == [None] * 20_000 + [20_000, 20_001]


def test_the_rows_of_a_day_are_those_of_the_last_walk():
    numbering = DuplicateNumbering(merge=True)
    for walk in (0, 1):
        numbering.number([KINDS[0], KINDS[0]], [HOUR, HOUR], walk=walk)
        others = [KINDS[1], KINDS[2], KINDS[2]]
        numbering.number(others, [HOUR + 23, HOUR + 100, HOUR + 100], walk=walk)
    assert numbering.days() == {20261128: (3, 1), 20261129: (2, 1)}


@pytest.mark.parametrize(("few", "between"), [(1000, 5), (0, 6)])
def test_parts_of_two_rows_are_not_taken_for_a_third(few, between, monkeypatch):
    monkeypatch.setattr(fingerprints, "MOST_FOR_A_BUCKET", few)
    rows = [KINDS[3], KINDS[4], KINDS[between]]
    assert DuplicateNumbering().number(rows, [HOUR] * 3, walk=0) == [0, 0, 0]
