from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from tap_clevertap.records.duplicates import DuplicateNumbering

SHIFTED = b"\x00\x01" * 8 + b"\x00\x01" * 8
"""Two fingerprints in a row hold a third between them that is none."""
DAY = 20261128
KINDS = [b"a" * 16, b"ab" * 8, b"aab" + b"a" * 13, SHIFTED[:16], SHIFTED[2:17] + b"\x02"]
ROWS = st.lists(st.sampled_from(KINDS), max_size=30)


@given(rows=ROWS, cuts=st.lists(st.integers(0, 30), max_size=4), data=st.data())
def test_walking_again_emits_every_row_once_whatever_the_order(rows, cuts, data):
    occurrences = DuplicateNumbering()
    emitted = []
    for walk, cut in enumerate([*cuts, len(rows)]):
        walked = data.draw(st.permutations(rows))
        parts = data.draw(st.sampled_from([1, 3, 30]))
        for start in range(0, cut, parts):
            part = walked[:cut][start : start + parts]
            ordinals = occurrences.number(part, [DAY] * len(part), walk=walk)
            emitted += [
                (row, ordinal)
                for row, ordinal in zip(part, ordinals, strict=True)
                if ordinal is not None
            ]
    expected = [(row, n) for row, count in Counter(rows).items() for n in range(count)]
    assert sorted(emitted) == sorted(expected)


def test_many_equal_rows_are_numbered_like_few():
    occurrences = DuplicateNumbering()
    row, other = KINDS[0], KINDS[1]
    assert occurrences.number([row] * 20_000, [DAY] * 20_000, walk=0) == list(range(20_000))
    assert occurrences.number([other], [DAY], walk=0) == [0]
    again = occurrences.number([row] * 20_002, [DAY] * 20_002, walk=1)
    assert again == [None] * 20_000 + [20_000, 20_001]


def test_the_rows_of_a_day_are_those_of_the_last_walk():
    numbering = DuplicateNumbering(merge=True)
    days = [DAY, DAY, DAY, DAY + 1]
    for walk in (0, 1):
        numbering.number([KINDS[0], KINDS[0]], days[:2], walk=walk)
        numbering.number([KINDS[1], KINDS[1]], days[2:], walk=walk)
    assert numbering.days() == {20261128: (3, 1), 20261129: (1, 1)}
