"""The pages of an export: full, halved or hollow, so that no page looks like the last one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from clevertap_emulator.data.store import SHARDS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

HOLLOW_ONE_IN = 9
HALVED_ONE_IN = 5


@dataclass(frozen=True)
class PageSlice:
    """One page: events `skip … skip+take` of shards `first … last-1`; none if `hollow`.

    `records` of a hollow page is an empty list, or missing if `absent`.
    """

    skip: int = 0
    take: int | None = None
    first: int = 0
    last: int = SHARDS
    hollow: bool = False
    absent: bool = False


def plan_slices(
    shards: Sequence[Sequence[object]],
    per_shard: int | None,
    *,
    rng: Random | None,
    absent_first: bool,
) -> list[PageSlice]:
    """Plan the pages of some shards.

    Args:
        shards: The entries of each shard.
        per_shard: Entries of a shard in a page; None for all.
        rng: Draws halved and hollow pages; None for full ones only.
        absent_first: The first hollow page has no `records`, the next an empty list, and so on.
    """
    longest = max(len(shard) for shard in shards)
    if not longest:
        return []
    if per_shard is None:
        return [PageSlice()]
    slices: list[PageSlice] = []
    for skip in range(0, longest, per_shard):
        slices += (each for each in _split_page(rng, skip, per_shard) if _has_page(each, shards))
    hollow = [index for index, page_slice in enumerate(slices) if page_slice.hollow]
    for index in hollow[not absent_first :: 2]:
        slices[index] = PageSlice(hollow=True, absent=True)
    return slices


def _split_page(rng: Random | None, skip: int, take: int) -> list[PageSlice]:
    if rng is None:
        return [PageSlice(skip, take)]
    hollow = [PageSlice(hollow=True)] if rng.randrange(HOLLOW_ONE_IN) == 0 else []
    if rng.randrange(HALVED_ONE_IN):
        return [*hollow, PageSlice(skip, take)]
    middle = rng.randrange(1, SHARDS)
    return [*hollow, PageSlice(skip, take, last=middle), PageSlice(skip, take, first=middle)]


def _has_page(page_slice: PageSlice, shards: Sequence[Sequence[object]]) -> bool:
    """Return whether a page has events, or has none on purpose."""
    return page_slice.hollow or any(
        len(shard) > page_slice.skip for shard in shards[page_slice.first : page_slice.last]
    )
