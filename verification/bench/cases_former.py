"""Both plugins without latency, next to the build of an earlier commit: same pages, same input."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from verification.bench.former import COMMIT, FORMER_BIN
from verification.bench.measure import medians
from verification.bench.table import MILLION, Row, flat, microseconds
from verification.bench.tap_runs import EVENTS, HISTORY, Source
from verification.bench.target_runs import COUNTING, Delivery, written_orders

if TYPE_CHECKING:
    from verification.bench.measure import Measured
    from verification.bench.workplace import Workplace

DAILY = 150_000
"""Events of a day, all names together, so that the one that is read has a million."""
PROCESSOR, SECONDS = "≤ 0.60", "≤ 1.05"
AGAINST = f"against the build of {COMMIT}"


def tap_former(place: Workplace) -> list[Row]:
    """A million rows of one event on full pages."""
    flags = HISTORY | {"events_per_day": place.extent.count(DAILY)}
    source = Source(place, place.start(**flags, reads_in_flight=15), EVENTS[:1])
    former = replace(source, programs=FORMER_BIN)
    rows = source.counted()
    runs = (lambda: source.read(output="now"), lambda: former.read(output="then"))
    return against("tap, no latency", "row", rows, *medians(place.extent.times, *runs))


def target_former(place: Workplace) -> list[Row]:
    """A million records, each with a name in the ledger."""
    count = place.extent.count(MILLION)
    delivery = Delivery(place, place.start(**COUNTING), written_orders(place, count), count)
    former = replace(delivery, programs=FORMER_BIN)
    found = medians(place.extent.times, delivery.checked, former.checked)
    return against("target, no latency, ledger on", "record", count, *found)


def against(name: str, unit: str, count: int, now: Measured, then: Measured) -> list[Row]:
    """Return a row of processor time, one of time and one of memory, of a run from start to end."""
    processor = (each.processor_seconds / count for each in (now, then))
    seconds = (each.seconds for each in (now, then))
    megabytes = (each.peak_megabytes for each in (now, then))
    return [
        microseconds(f"{name}, processor time {AGAINST}", *processor, PROCESSOR, unit),
        flat(f"{name}, a whole run {AGAINST}", *seconds, "s", SECONDS),
        flat(f"{name}, peak memory {AGAINST}", *megabytes, "MB", ""),
    ]


CASES = [tap_former, target_former]
