from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from tap_clevertap.occurrences import Occurrences

ROWS = st.lists(st.sampled_from([b"a", b"b", b"c"]), max_size=30)


@given(rows=ROWS, cuts=st.lists(st.integers(0, 30), max_size=4), data=st.data())
def test_walking_again_emits_every_row_once_whatever_the_order(rows, cuts, data):
    occurrences = Occurrences()
    emitted = []
    for walk, cut in enumerate([*cuts, len(rows)]):
        walked = data.draw(st.permutations(rows))
        for row in walked[:cut]:
            ordinal = occurrences.number(row, walk=walk)
            if ordinal is not None:
                emitted.append((row, ordinal))
    expected = [(row, n) for row, count in Counter(rows).items() for n in range(count)]
    assert sorted(emitted) == sorted(expected)
