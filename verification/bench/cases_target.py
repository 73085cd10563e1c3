"""What the target takes: against the ceiling of the API, the SDK's sink, and fewer records."""

from __future__ import annotations

from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from verification.bench.measure import Measured, medians
from verification.bench.table import MILLION, Row, cores, flat, per_million, speeds, within
from verification.bench.target_runs import (
    COUNTING,
    UPLOAD,
    Delivery,
    skewed,
    spread,
    written_orders,
)
from verification.bench.workplace import Served, first_to_last, in_the_middle, served

if TYPE_CHECKING:
    from verification.bench.workplace import Workplace

LATENCY_MS, WRITERS = 200, 15
RECORDS_A_SECOND = WRITERS * UPLOAD * 1000 / LATENCY_MS
UPLOADS_A_SECOND = 30
MEGABYTES = 200
WITH_LEDGER, WITHOUT_LEDGER = 50_000, 70_000


def target_at_200_ms(place: Workplace) -> list[Row]:
    """Fifteen uploads every 200 ms are all that the API takes."""
    count = place.extent.count(MILLION)
    emulator = place.start(**COUNTING, latency_ms=LATENCY_MS)
    delivery = Delivery(place, emulator, written_orders(place, count), count)
    ours = served(emulator, delivery.deliver)
    delivery.check(ours)
    name = "target, 200 ms"
    return [
        *paces(name, count, ours),
        within(f"{name}, peak memory", ours.run.peak_megabytes, MEGABYTES, "MB"),
        cores(name, "target", ours),
    ]


def paces(name: str, count: int, ours: Served) -> list[Row]:
    """Return a row of the records between first and last tenth, and one of a whole run."""
    middle, seconds = in_the_middle(ours.asked, WRITERS)
    pace = sum(each["records"] for each in middle) / seconds
    case = f"{name}, between first and last tenth of the requests"
    return [
        speeds(case, pace, RECORDS_A_SECOND, "≥ 0.99", "records"),
        speeds(
            f"{name}, a whole run", count / ours.run.seconds, RECORDS_A_SECOND, "≥ 0.97", "records"
        ),
    ]


def target_without_latency(place: Workplace) -> list[Row]:
    """What the program itself takes, against the SDK's plain sink."""
    count = place.extent.count(200_000)
    emulator = place.start(**COUNTING)
    delivery = Delivery(place, emulator, written_orders(place, count), count)
    runs: list[Served] = []

    def kept() -> Measured:
        runs.append(served(emulator, delivery.deliver))
        delivery.check(runs[-1])
        return runs[-1].run

    with_ledger, without, plain = (
        count / each.seconds
        for each in medians(
            place.extent.times, kept, lambda: delivery.deliver(ledger=""), delivery.deliver_plainly
        )
    )
    name, aim = "target, no latency", ("≥ 6", "records")
    return [
        speeds(f"{name}, ledger on", with_ledger, WITH_LEDGER, "≥ 1", "records"),
        speeds(f"{name}, ledger off", without, WITHOUT_LEDGER, "≥ 1", "records"),
        speeds(f"{name}, ledger on, against a plain SDK target", with_ledger, plain, *aim),
        speeds(f"{name}, ledger off, against a plain SDK target", without, plain, *aim),
        cores(f"{name}, ledger on", "target", runs[-1]),
        speeds(
            "emulator alone, against the target without latency",
            delivery.bare(),
            max(with_ledger, without),
            "≥ 3",
            "records",
        ),
    ]


def target_throttled(place: Workplace) -> list[Row]:
    """An API that takes thirty requests a second, and turns away the rest."""
    count = place.extent.count(500_000)
    emulator = place.start(**COUNTING, latency_ms=LATENCY_MS, uploads_per_second=UPLOADS_A_SECOND)
    delivery = Delivery(place, emulator, written_orders(place, count), count)
    ours = served(emulator, delivery.deliver)
    delivery.check(ours)
    seconds = first_to_last(ours.answered)
    # One second's uploads are let through at once: the emulator would have taken those as well.
    ceiling = UPLOAD * UPLOADS_A_SECOND * (seconds + 1) / seconds
    refused = len(ours.asked) - len(ours.answered)
    name = f"target, 200 ms, throttled at {UPLOADS_A_SECOND} requests/s"
    return [
        speeds(
            f"{name}, {refused} refused, no record lost",
            count / seconds,
            ceiling,
            "≥ 0.90",
            "records",
        )
    ]


def target_skew(place: Workplace) -> list[Row]:
    """Three of ten records about the same hundred users, whose order has to be kept."""
    count = place.extent.count(300_000)
    emulator = place.start(**COUNTING, latency_ms=LATENCY_MS)
    seconds: dict[str, list[float]] = {}
    deliveries = [
        Delivery(place, emulator, written_orders(place, count, user), count)
        for user in (skewed, spread)
    ]
    for delivery in deliveries * place.extent.times:
        ours = served(emulator, delivery.deliver)
        delivery.check(ours)
        seconds.setdefault(delivery.orders, []).append(ours.run.seconds)
    uneven, even = (count / median(found) for found in seconds.values())
    return [
        speeds(
            "target, 200 ms, 30 % of the records of 100 users, against even ones",
            uneven,
            even,
            "≥ 0.60",
            "records",
        )
    ]


def target_growth(place: Workplace) -> list[Row]:
    """One, two and five million records: more time, no more memory."""
    emulator = place.start(**COUNTING)
    runs = {}
    for millions in (1, 2, 5):
        count = place.extent.count(millions * MILLION)
        delivery = Delivery(place, emulator, written_orders(place, count), count)
        runs[millions] = served(emulator, delivery.deliver)
        delivery.check(runs[millions])
        Path(delivery.orders).unlink()  # hundreds of megabytes
    seconds = {
        each: per_million(ours.run, place.extent.count(each * MILLION))
        for each, ours in runs.items()
    }
    least, most = runs[1].run.peak_megabytes, runs[5].run.peak_megabytes
    name = "target, 5 million records"
    return [
        flat(f"{name}, peak memory against 1 million", most, least, "MB"),
        within(f"{name}, peak memory", most, MEGABYTES, "MB"),
        flat("target, time for each of 2 million records", seconds[2], seconds[1], "s"),
        flat("target, time for each of 5 million records", seconds[5], seconds[1], "s"),
    ]


CASES = [
    target_at_200_ms,
    target_without_latency,
    target_throttled,
    target_skew,
    target_growth,
]
