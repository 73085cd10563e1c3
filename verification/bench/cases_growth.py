"""One long run of each plugin, with the curves of time and memory as a picture."""

from __future__ import annotations

import os
import subprocess
import sys
from bisect import bisect_left
from contextlib import contextmanager
from itertools import accumulate, pairwise
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING, Any

from verification.bench.growth_picture import Curve, picture
from verification.bench.measure import measure
from verification.bench.table import MILLION, Row, flat
from verification.bench.tap_runs import EVENTS, HISTORY, MILLION_A_DAY, Source
from verification.bench.target_runs import COUNTING, Delivery
from verification.bench.workplace import Served, served

if TYPE_CHECKING:
    from collections.abc import Iterator

    from verification.bench.workplace import Workplace

PICTURE = Path(__file__).parents[2] / "docs" / "growth.svg"
SHOWN = f"![Time and memory of each million]({PICTURE.name})\n"
"""How the document shows it."""
ROUNDING = 1e-6
PAGE_MEGABYTES = 64
"""Of pages that the emulator keeps: it makes these rows once, and is read once."""


def growth(place: Workplace) -> list[Row]:
    """Millions of records into one ledger, and millions of rows out of the tap."""
    part = place.extent.count(MILLION)
    curves = [records_in(place, part), rows_out(place, part)]
    if place.extent.is_whole:
        PICTURE.write_text(picture(curves))
    return [row for curve in curves for row in first_and_last(curve)]


def records_in(place: Workplace, part: int) -> Curve:
    """Deliver all records in one run."""
    count = place.extent.million_records * part
    delivery = Delivery(place, place.start(**COUNTING), "", count)
    feeder = [sys.executable, "-m", "verification.bench.feeder", str(count)]
    with fed(feeder, place.folder / "pipe") as orders:
        ours = served(delivery.emulator, lambda: measure(delivery.command(), stdin=orders))
    delivery.check(ours)
    shares = [each["records"] / part for each in in_order(ours)]
    return curve_of("target, records into one ledger", ours, shares)


@contextmanager
def fed(feeder: list[str], pipe: Path) -> Iterator[str]:
    """Yield the path of a pipe into which a program writes."""
    os.mkfifo(pipe)
    command = ["sh", "-c", 'exec "$@" > "$0"', str(pipe), *feeder]
    with subprocess.Popen(command):  # noqa: S603 - our own
        yield str(pipe)


def rows_out(place: Workplace, part: int) -> Curve:
    """Read all rows in one run."""
    rows = place.extent.million_rows * part + part // 2  # so that the last million is whole
    daily = MILLION_A_DAY * rows // MILLION
    flags = HISTORY | {"events_per_day": daily, "cached_megabytes": PAGE_MEGABYTES}
    emulator = place.start(**flags, reads_in_flight=15)
    source = Source(place, emulator, EVENTS)
    ours = served(emulator, source.read)
    answer_bytes = [each["answer_bytes"] for each in in_order(ours)]
    # A page of the journal has its bytes only; rows are about as long everywhere.
    parts_a_byte = source.exact_count() / part / sum(answer_bytes)
    shares = [each * parts_a_byte for each in answer_bytes]
    return curve_of("tap, rows", ours, shares)


def in_order(ours: Served) -> list[dict[str, Any]]:
    """Return the requests that brought rows or took records, by the time of their response."""
    moving = [each for each in ours.answered if each["kind"] in ("page", "upload")]
    return sorted(moving, key=lambda each: each["time"] + each["seconds"])


def curve_of(name: str, ours: Served, shares: list[float]) -> Curve:
    """Return the seconds and the most memory of each part of a run.

    Args:
        name: Of the curve.
        ours: The run.
        shares: What each request moved, in parts.
    """
    asked, moved = in_order(ours), list(accumulate(shares))
    whole = int(moved[-1] + ROUNDING)
    last = [asked[bisect_left(moved, part - ROUNDING)] for part in range(1, whole + 1)]
    ends = [min(each["time"] for each in asked), *(each["time"] + each["seconds"] for each in last)]
    times = [seen for seen, _ in ours.run.memory]
    megabytes, seconds = [], []
    for start, end in pairwise(ends):
        first, after = bisect_left(times, start), bisect_left(times, end)
        found = ours.run.memory[max(first - 1, 0) : max(after, 1)]
        megabytes.append(max(each for _, each in found))
        seconds.append(end - start)
    return Curve(name, seconds, megabytes)


def first_and_last(curve: Curve) -> list[Row]:
    """Return a row of the time of the last tenth against the first, and one of the memory."""
    tenth = max(len(curve.seconds) // 10, 1)
    name = f"{curve.name}, last tenth of {len(curve.seconds)} million against the first"
    seconds = (mean(part) for part in (curve.seconds[-tenth:], curve.seconds[:tenth]))
    megabytes = (max(part) for part in (curve.megabytes[-tenth:], curve.megabytes[:tenth]))
    return [flat(f"{name}, time per million", *seconds, "s"), flat(name, *megabytes, "MB")]
