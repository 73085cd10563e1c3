"""A million new records, with a ledger that knows millions of others, and with an empty one."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from verification.bench.ledgers import copied, fill, forget_cached, size_of
from verification.bench.table import MILLION, Row, flat, within
from verification.bench.target_runs import COUNTING, LEDGER, Delivery, written_orders
from verification.bench.workplace import Served, served

if TYPE_CHECKING:
    from pathlib import Path

    from verification.bench.workplace import Workplace

SIZES = {5: "≤ 1.05", 50: "≤ 1.15"}
"""Millions of names that are known before, and the time against that with an empty ledger."""
WRITTEN_BYTES, NAME_BYTES, OPENING_MILLISECONDS, MEGABYTES = 200, 22, 1000, 150


class Known(NamedTuple):
    """A ledger of names that are known before; the empty one has no file yet."""

    path: Path
    names: int
    is_cached: bool = True


def ledger_growth(place: Workplace) -> list[Row]:
    """Time, bytes and memory of the same million, with each ledger in turn."""
    count = place.extent.count(MILLION)
    delivery = Delivery(place, place.start(**COUNTING), written_orders(place, count), count)
    empty = Known(place.folder / "known-0", 0)
    filled = {each: filled_ledger(delivery, each) for each in SIZES}
    rounds = []
    for _ in range(place.extent.times):
        found = {empty: new_million(delivery, empty)}
        for known in filled.values():
            for each in (known, from_disk(known)):
                found[each] = new_million(delivery, each)
        rounds.append((found, served(delivery.emulator, lambda: delivery.deliver(ledger=""))))
    runs = {known: [found[known][0] for found, _ in rounds] for known in rounds[0][0]}
    size = {known: median(found[known][1] for found, _ in rounds) for known in rounds[0][0]}
    without = median(each.run.written_bytes for _, each in rounds)
    rows = []
    for millions, known in filled.items():
        name = f"ledger of {known.names / MILLION:g} million names"
        rows += times(name, runs, empty, known, SIZES[millions])
        rows += limits(name, runs[known], size[known] / (known.names + count), without / count)
        rows.append(opening(name, runs[from_disk(known)], runs[empty]))
    return rows


def filled_ledger(delivery: Delivery, millions: int) -> Known:
    """Return a ledger of so many millions of names."""
    names = delivery.place.extent.count(millions * MILLION)
    folder = delivery.place.folder / f"known-{millions}"
    folder.mkdir()
    fill(folder / LEDGER, delivery.emulator, names)
    return Known(folder / LEDGER, names)


def from_disk(known: Known) -> Known:
    """Return the same ledger, to be read from the disk."""
    return known._replace(is_cached=False)


def new_million(delivery: Delivery, known: Known) -> tuple[Served, int]:
    """Deliver the orders with a copy of a ledger; return the run and the ledger's bytes."""
    delivery.place.remove(LEDGER)
    used = delivery.place.folder / LEDGER
    copied(known.path, used)
    if not known.is_cached:
        forget_cached(used)
    ours = served(delivery.emulator, delivery.deliver_more)
    delivery.check(ours)
    if not ours.run.written_bytes:
        message = "the folder of temporary files is not on a disk; set TMPDIR"
        raise RuntimeError(message)
    return ours, size_of(used)


def times(
    name: str, runs: dict[Known, list[Served]], empty: Known, known: Known, aim: str
) -> list[Row]:
    """Return the rows of the time of a million, from the page cache and from the disk."""
    seconds = {each: median(one.run.seconds for one in runs[each]) for each in runs}
    case = f"{name}, time for new records against an empty one"
    cold = from_disk(known)
    return [
        flat(case, seconds[known], seconds[empty], "s", aim),
        flat(f"{case}, cold cache", seconds[cold], seconds[empty], "s", aim),
    ]


def limits(name: str, runs: list[Served], bytes_a_name: float, written_without: float) -> list[Row]:
    """Return the rows of bytes and memory; all bytes are those of a name."""
    count = sum(each["records"] for each in runs[0].answered)
    written = median(each.run.written_bytes for each in runs) / count - written_without
    megabytes = max(each.run.peak_megabytes for each in runs)
    return [
        within(f"{name}, bytes written per new name", written, WRITTEN_BYTES, "B"),
        within(f"{name}, bytes of its files per name", bytes_a_name, NAME_BYTES, "B"),
        within(f"{name}, peak memory of the run", megabytes, MEGABYTES, "MB"),
    ]


def opening(name: str, runs: list[Served], with_empty: list[Served]) -> Row:
    """Return the row of the time to open, from the disk, after long and short runs."""
    taken, least = (median(one.opening_seconds for one in each) for each in (runs, with_empty))
    case = f"{name}, start to first request, less that with an empty one"
    return within(case, max(taken - least, 0) * 1000, OPENING_MILLISECONDS, "ms")
