"""The parts of the ledger that do no I/O: blocks, filter, choice of what to merge."""

from __future__ import annotations

import random
from array import array
from hashlib import blake2b
from sys import byteorder

import pytest

from target_clevertap.ledger.blocks import (
    PREFIXES,
    blocks,
    holds,
    lots,
    merged,
    next_prefix,
    prefix,
    split,
)
from target_clevertap.ledger.filter import MASKS, NameFilter, _masks, cells_for
from target_clevertap.ledger.merging import (
    Segment,
    is_filtered,
    level_for,
    needs_saved_filter,
    next_merge,
)


def hashes(count, seed=0):
    chance = random.Random(seed)
    return [chance.randbytes(16) for _ in range(count)]


@pytest.mark.parametrize("count", [0, 1, 253, 254, 1000])
def test_blocks_hold_all_names_in_order_and_fit_into_a_page(count):
    names = sorted(hashes(count))
    found = list(blocks(names))
    assert [name for _, block in found for name in split(block)] == names
    assert all(len(block) <= 4048 for _, block in found)
    assert [first for first, _ in found] == [prefix(split(block)[0]) for _, block in found]


def test_names_with_one_prefix_are_in_one_block_and_in_one_lot():
    names = sorted([*hashes(100), *(b"equal" + name[:11] for name in hashes(1000, 1))])
    found = [block for _, block in blocks(names) if b"equal" in block]
    assert [block.count(b"equal") for block in found] == [1000]
    assert [lot for lot in map(len, lots(names, 64)) if lot > 64]
    assert [name for lot in lots(names, 64) for name in lot] == names


def test_ranges_of_prefixes_share_all_names_out_without_one_twice():
    segments = [list(blocks(sorted(hashes(700, seed)))) for seed in range(4)]
    every = [block for segment in segments for _, block in segment]
    taken, done = [], 0
    while done < PREFIXES:
        end = next_prefix(done, 2800, 500)
        taken += merged(every, done, end)
        done = end
    assert taken == sorted(name for block in every for name in split(block))


def test_a_name_across_two_names_is_not_in_a_block():
    first, second = hashes(2)
    across = first[8:] + second[:8]
    assert not holds(first + second, across)
    assert holds(first + second + across, across)
    assert not holds(first, second)


@pytest.mark.parametrize("cells", [1 << 17, 1 << 19])
def test_a_filter_never_says_no_to_what_it_holds_and_seldom_yes_to_other_names(cells):
    held, others = hashes(cells), hashes(20_000, seed=1)
    names = NameFilter.empty(cells)
    names.add(b"".join(held))
    assert names.possible(held) == held
    assert len(names.possible(others)) < 20
    loaded = NameFilter.load([names.part(part) for part in range(names.parts)], names.names)
    assert loaded.possible(held) == held
    assert (loaded.cells, loaded.names) == (cells, cells)


def test_a_full_filter_lets_at_most_one_new_name_in_20_pass():
    names = NameFilter.empty(1 << 17)
    names.add(random.Random(0).randbytes(16 * 8 * (1 << 17)))
    assert not names.is_full
    assert len(names.possible(hashes(20_000, seed=1))) < 1000
    names.add(hashes(1)[0])
    assert names.is_full


def test_what_a_name_sets_is_frozen_for_filters_are_saved():
    assert len(_masks()) == MASKS
    assert {mask.bit_count() for mask in _masks()} == {4}
    names = NameFilter.empty(1 << 17)
    names.add(b"".join(blake2b(b"%d" % number, digest_size=16).digest() for number in range(9000)))
    words = array("Q", names.part(0))
    if byteorder == "little":
        words.byteswap()
    assert blake2b(words.tobytes(), digest_size=8).hexdigest() == "aa8b0e31bdb57356"


def test_a_filter_has_room_for_what_it_is_made_for():
    assert cells_for(0) == cells_for(1 << 20) == 1 << 17
    assert cells_for((1 << 20) + 1) == 1 << 19
    assert cells_for(50_000_000) == 1 << 23


def segment(number, level=0, *, day=1, last=None, **more):
    more.setdefault("is_filtered", False)
    return Segment(number, level, 100, day, last or day, **more)


def test_sixteen_idle_segments_of_a_level_are_merged_oldest_first():
    assert next_merge([segment(number) for number in range(15)], 0) == []
    found = next_merge([segment(number) for number in reversed(range(18))], 0)
    assert [each.id for each in found] == list(range(16))


def test_segments_that_are_merged_or_forgotten_are_left_alone():
    busy = [segment(number, into=99) for number in range(16)]
    assert next_merge([*busy, segment(99, 1, done=5)], 0) == []
    idle = [segment(number) for number in range(20, 36)]
    assert next_merge([*idle, segment(99, 1, done=5)], 0) == []
    assert next_merge([segment(number, is_forgotten=True) for number in range(17)], 0) == []


def test_no_merge_spans_more_than_an_eighth_of_ledger_days():
    days = [segment(number, day=number) for number in range(1, 30)]
    assert [each.id for each in next_merge(days, 32)] == [1, 2, 3, 4]
    assert [each.id for each in next_merge([segment(0, day=1, last=20), *days], 32)] == [1, 2, 3, 4]
    assert next_merge([segment(number, day=9 * number) for number in range(1, 30)], 32) == []


def test_a_segment_that_is_being_made_is_in_the_saved_filter_if_all_it_is_made_of_are():
    made = segment(9, 1, done=5)
    sources = [segment(number, into=9, is_filtered=number != 3) for number in range(8)]
    assert is_filtered(sources[0], [made, *sources])
    assert not is_filtered(sources[3], [made, *sources])
    assert not is_filtered(made, [made, *sources])
    assert is_filtered(made, [made, *sources[:3], *sources[4:], segment(10)])


def test_large_segments_wait_for_the_filter_to_be_saved():
    assert not needs_saved_filter([segment(1), segment(2)])
    assert needs_saved_filter([segment(1, 1, is_filtered=True), segment(2, 1)])


@pytest.mark.parametrize(
    ("names", "level"), [(1, 0), (100_000, 0), (100_001, 1), (1_600_001, 2), (10**12, 4)]
)
def test_a_segment_of_earlier_names_has_the_level_of_its_size(names, level):
    assert level_for(names) == level
