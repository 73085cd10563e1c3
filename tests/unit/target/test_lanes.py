"""Batches of lanes: their order, and how much is in one."""

from __future__ import annotations

import random

import pytest

from target_clevertap.delivery.checkpoints import Segment
from target_clevertap.delivery.lanes import Lanes, Limits, Source
from target_clevertap.records.endpoints import UPLOAD
from target_clevertap.records.entries import Entry, lane_of
from target_clevertap.singer.origin import Origin

LANES = 3


USERS = {lane_of(user, LANES): user for user in map(str, range(100))}
"""One user of each lane."""


def entry(number, size=10, lane=0):
    payload, raw = b"x" * size, str(number).encode()
    return Entry(payload, USERS[lane], counts_again=True, name=None, raw=raw)


def source():
    return Source(Origin("orders", b""), Segment())


def lanes(rows=100, request_bytes=1_000_000):
    return Lanes(Limits(LANES, rows, request_bytes, flush_seconds=5))


def numbers(batches, lane):
    return [int(each.raw) for batch in batches if batch.lane == lane for each in batch.entries]


@pytest.mark.parametrize("seed", range(30))
def test_whatever_comes_every_batch_keeps_order_and_bounds(seed):
    chance = random.Random(seed)
    rows, request_bytes = chance.randrange(1, 30), chance.randrange(100, 2000)
    given, sealed, added = lanes(rows, request_bytes), [], {lane: [] for lane in range(LANES)}
    for _ in range(200):
        lane, here = chance.randrange(LANES), source()
        first = len(added[lane])
        entries = [
            entry(first + n, chance.randrange(1, 90), lane) for n in range(chance.randrange(1, 40))
        ]
        added[lane] += [here] * len(entries)
        for each in entries:
            given.add([each], here, seal=sealed.append)
    sealed += given.due(float("inf"))
    for batch in sealed:
        assert 1 <= len(batch.entries) == len(batch.sources) <= rows
        sizes = [len(each.payload) + 1 for each in batch.entries]
        assert batch.request_bytes == UPLOAD.envelope_bytes + sum(sizes) <= request_bytes
        raws = [len(each.raw) for each in batch.entries]
        assert batch.waiting_bytes == sum(sizes) - len(sizes) + sum(raws)
    for lane, sources in added.items():
        assert numbers(sealed, lane) == list(range(len(sources)))
        found = [each for batch in sealed if batch.lane == lane for each in batch.sources]
        assert list(map(id, found)) == list(map(id, sources))
    assert given.open_bytes == 0
    assert given.oldest() is None


def test_a_record_larger_than_a_request_is_alone_in_one():
    given, sealed = lanes(request_bytes=100), []
    for each in (entry(0), entry(1, 500), entry(2)):
        given.add([each], source(), seal=sealed.append)
    sealed += given.due(float("inf"))
    assert [len(batch.entries) for batch in sealed] == [1, 1, 1]


def test_the_first_batches_are_of_different_sizes():
    given, sealed = lanes(rows=90), []
    for lane in range(LANES):
        for number in range(300):
            given.add([entry(number, lane=lane)], source(), seal=sealed.append)
    sizes = [[len(batch.entries) for batch in sealed if batch.lane == lane] for lane in range(3)]
    assert sizes == [[30, 90, 90, 90], [60, 90, 90], [90, 90, 90]]
