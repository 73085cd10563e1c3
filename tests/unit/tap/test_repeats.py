"""Rows that came before are recognized in little memory, and new rows are never taken for them."""

from __future__ import annotations

import sys
from hashlib import blake2b

from hypothesis import given
from hypothesis import strategies as st

from tap_clevertap.records.repeats import (
    LARGEST_SAMPLE,
    MOST_PAGES_WITHOUT_NEW,
    SeenKeys,
    WalkRepeats,
)

KEYS = st.binary(min_size=16, max_size=16)
ALIKE = st.lists(st.sampled_from([0, 1]), min_size=16, max_size=16).map(bytes)
"""Their bytes are found between those of others."""


def key(number):
    return blake2b(b"%d" % number, digest_size=16).digest()


@given(st.lists(KEYS | ALIKE))
def test_a_key_is_new_once(keys):
    seen, kept = SeenKeys(), set()
    for each in keys:
        assert (each in seen) == (each[:12] in kept)
        assert seen.add(each) == (each[:12] not in kept)
        kept.add(each[:12])
        assert each in seen


def test_keys_that_come_again_need_no_memory():
    seen = SeenKeys()
    for _ in range(10):
        for number in range(20_000):
            seen.add(key(number))
    kept = sum(map(sys.getsizeof, seen._buckets.values()))
    assert sum(map(len, seen._buckets.values())) == 20_000 * 10
    assert kept < 20_000 * 75


def page(first, rows=46):
    return [key(number) for number in range(first, first + rows)]


def test_a_walk_of_new_rows_goes_on():
    repeats = WalkRepeats()
    assert not any(repeats.end_page(page(46 * number), walk=0) for number in range(3000))
    assert len(repeats._kept) <= LARGEST_SAMPLE


def test_a_walk_that_repeats_a_few_rows_ends():
    repeats = WalkRepeats()
    ended = [repeats.end_page(page(46 * (number % 3)), walk=0) for number in range(60)]
    assert ended.index(True) == 3 + MOST_PAGES_WITHOUT_NEW - 1


def test_a_walk_that_repeats_many_rows_ends():
    repeats = WalkRepeats()
    pages = 2 * LARGEST_SAMPLE // 46 * 4
    assert not any(repeats.end_page(page(46 * number), walk=0) for number in range(pages))
    assert any(repeats.end_page(page(46 * number), walk=0) for number in range(pages))


def test_another_walk_has_the_same_rows():
    repeats = WalkRepeats()
    for walk in range(5):
        ended = [repeats.end_page(page(46 * number), walk=walk) for number in range(30)]
        assert not any(ended)
