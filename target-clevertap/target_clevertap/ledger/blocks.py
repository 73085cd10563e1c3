"""Sorted names in blocks: what a segment's row in the ledger's file is made of."""

from __future__ import annotations

from bisect import bisect_left
from functools import cache
from itertools import chain, islice
from struct import Struct
from typing import TYPE_CHECKING

from target_clevertap.records.entries import NAME_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

MOST_NAMES = 253
"""So many fill a page of SQLite's, which has 4,096 bytes."""
PREFIX_BYTES = 5
"""Of a block's first name: with the segment's number in front, they are its number in the file."""
PREFIXES = 1 << 8 * PREFIX_BYTES


def prefix(name: bytes) -> int:
    """Return a name's first bytes as a number."""
    return int.from_bytes(name[:PREFIX_BYTES], "big")


def split(block: bytes) -> tuple[bytes, ...]:
    """Return the names of a block."""
    return _names(len(block) // NAME_BYTES).unpack(block)


@cache
def _names(count: int) -> Struct:
    return Struct(f"{NAME_BYTES}s" * count)


def blocks(names: Sequence[bytes]) -> Iterator[tuple[int, bytes]]:
    """Return blocks of names, each with the prefix of its first.

    Names with one prefix are all in one block, so that the prefix leads to it.

    Args:
        names: Sorted.
    """
    first = 0
    while first < len(names):
        end = min(first + MOST_NAMES, len(names))
        while end < len(names) and prefix(names[end]) == prefix(names[end - 1]):
            end += 1
        yield prefix(names[first]), b"".join(names[first:end])
        first = end


def lots(names: Iterable[bytes], at_once: int) -> Iterator[list[bytes]]:
    """Return sorted names in lots; names with one prefix are all in one lot.

    Args:
        names: Sorted.
        at_once: About how many a lot has.
    """
    given, lot = iter(names), list[bytes]()
    while more := list(islice(given, at_once)):
        lot += more
        end = bisect_left(lot, lot[-1][:PREFIX_BYTES])
        yield lot[:end]
        del lot[:end]
    yield lot


def merged(found: Iterable[bytes], start: int, end: int) -> list[bytes]:
    """Return the names of blocks of several segments that have a prefix of a range, sorted.

    Args:
        found: Blocks; those of one segment in order.
        start: The first prefix.
        end: The prefix after the last.
    """
    names = sorted(chain.from_iterable(map(split, found)))
    first = bisect_left(names, start.to_bytes(PREFIX_BYTES, "big"))
    behind = len(names)
    if end < PREFIXES:
        behind = bisect_left(names, end.to_bytes(PREFIX_BYTES, "big"))
    return names[first:behind]


def holds(block: bytes, name: bytes) -> bool:
    """Tell whether a block has a name."""
    at = block.find(name)
    while at % NAME_BYTES and at >= 0:  # found across two names
        at = block.find(name, at + 1)
    return at >= 0


def next_prefix(done: int, names: int, names_at_once: int) -> int:
    """Return the prefix up to which to read next, so that about so many names are read at once.

    Args:
        done: Up to which all is read.
        names: How many names there are; hashes are spread evenly.
        names_at_once: How many to read.
    """
    ranges = max(1, names // names_at_once)
    return min(PREFIXES, done - (-PREFIXES // ranges))
