"""What the tap takes: against the ceiling of the API, its peers, and itself with fewer rows."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from verification.bench.measure import Measured, medians
from verification.bench.table import MILLION, Row, cores, flat, per_million, speeds, within
from verification.bench.tap_runs import EVENTS, HISTORY, MILLION_A_DAY, TODAY, Source
from verification.bench.workplace import Served, in_the_middle, served

if TYPE_CHECKING:
    from verification.bench.workplace import Workplace

LATENCY_MS, READERS, PAGE = 200, 3, 5000
LONG_RUN = 12
"""Tenths of a million rows."""
LATENCY = LATENCY_MS / 1000
PAGES_A_SECOND = READERS / LATENCY
AIM = 100_000
"""Rows a second that the tap should reach where nothing else holds it up."""
MEGABYTES = 150
GROWN_MEGABYTES, SINGLE_DAY_MEGABYTES = 100, 110
IN_PROGRESS = 2
SINGLE_DAY = date(2026, 1, 15)
SHARE_OF_FIRST = 0.24
"""Of all generated events, those of the first name."""


def tap_at_200_ms(place: Workplace) -> list[Row]:
    """Three pages every 200 ms are all that the API gives."""
    daily = place.extent.count(MILLION_A_DAY * LONG_RUN // 10)
    emulator = place.start(**HISTORY | {"events_per_day": daily, "latency_ms": LATENCY_MS})
    source = Source(place, emulator, EVENTS)
    rows = source.counted()
    ours = served(emulator, lambda: source.read(output="events.jsonl"))
    rival_source = Source(place, emulator, ["Search"])
    rival_source.quickhouse()
    rival = rival_source.quickhouse()
    name = "tap, 200 ms"
    speed = rows / ours.run.seconds
    return [
        *paces(name, ours, rows),
        speeds(
            f"{name}, against quickhouse",
            speed,
            rival_source.quickhouse_rows() / rival.seconds,
            "≥ 3",
        ),
        within(f"{name}, peak memory", ours.run.peak_megabytes, MEGABYTES, "MB"),
        cores(name, "tap", ours),
    ]


def paces(name: str, ours: Served, rows: int) -> list[Row]:
    """Return a row of the pages between the first and last tenth, and one of a whole run's rows."""
    pages, seconds = in_the_middle([each for each in ours.asked if each["kind"] == "page"], READERS)
    pace, ceiling = len(pages) / seconds, f"{PAGES_A_SECOND:.0f} pages/s"
    return [
        Row(
            f"{name}, between first and last tenth of the pages",
            f"{pace:.1f} pages/s",
            ceiling,
            pace / PAGES_A_SECOND,
            "≥ 0.97",
        ),
        speeds(f"{name}, a whole run", rows / ours.run.seconds, PAGES_A_SECOND * PAGE, "≥ 0.92"),
    ]


def tap_without_latency(place: Workplace) -> list[Row]:
    """What the program itself takes, against one in Rust and one of the SDK's plain classes."""
    emulator = place.start(**HISTORY, events_per_day=place.extent.count(72_000), reads_in_flight=15)
    source = Source(place, emulator, EVENTS[:1])
    rows = source.counted()
    source.quickhouse()
    runs: list[Served] = []

    def ours() -> Measured:
        runs.append(served(emulator, lambda: source.read(output="events.jsonl")))
        return runs[-1].run

    tap, rival, plain = medians(place.extent.times, ours, source.quickhouse, source.plain_tap)
    name, speed = "tap, no latency", rows / tap.seconds
    return [
        speeds(f"{name}, against what it should reach", speed, AIM, "≥ 1"),
        speeds(
            f"{name}, against quickhouse", speed, source.quickhouse_rows() / rival.seconds, "≥ 3"
        ),
        speeds(f"{name}, against a plain SDK tap", speed, rows / plain.seconds, "≥ 6"),
        within(f"{name}, peak memory", tap.peak_megabytes, MEGABYTES, "MB"),
        cores(name, "tap", runs[-1]),
        speeds("emulator alone, against the tap without latency", source.bare(), speed, "≥ 3"),
    ]


def tap_first_asks(place: Workplace) -> list[Row]:
    """Forty events over a month, most of them empty, each first answered that it is prepared."""
    days, empty = 30, 32
    flags: dict[str, Any] = HISTORY | {"days": days, "preparing": 1, "latency_ms": LATENCY_MS}
    emulator = place.start(**flags, empty_events=empty)
    names = [*EVENTS, "Session Concluded", "UTM Visited", "signup"]
    names += [f"Never Happened {number}" for number in range(1, empty + 1)]
    source = Source(place, emulator, names, first=TODAY - timedelta(days - 1))
    ours = served(emulator, source.read)
    best = max(len(ours.asked) * LATENCY / READERS, longest_chain(ours.asked))
    name = "tap, 200 ms, 40 events over 30 days, 32 of them empty"
    return [
        Row(
            f"{name}, against the best schedule of its {len(ours.asked)} requests",
            f"{ours.run.seconds:.1f} s",
            f"{best:.1f} s",
            ours.run.seconds / best,
            "≤ 1.20",
        )
    ]


def longest_chain(asked: list[dict[str, Any]]) -> float:
    """Return the seconds that the longest export takes alone: its answers, and its waits.

    A wait after a response "not ready" counts as the shortest such wait.
    """
    exports: dict[tuple[Any, ...], list[dict[str, Any]]] = defaultdict(list)
    for each in asked:
        exports[each["event_name"], each["from"], each["to"]].append(each)
    waits: list[float] = [
        later["time"] - earlier["time"] - earlier["seconds"]
        for export in exports.values()
        for earlier, later in pairwise(export)
        if earlier["code"] == IN_PROGRESS
    ]
    wait = min(waits, default=0.0)
    return max(
        sum(LATENCY + (wait if each["code"] == IN_PROGRESS else 0) for each in export)
        for export in exports.values()
    )


def tap_growth(place: Workplace) -> list[Row]:
    """One, two and five million rows of as many days: more time, no more memory."""
    runs = {millions: grown(place, millions) for millions in (1, 2, 5)}
    least, most = runs[1][1], runs[5][1]
    seconds = {each: per_million(run, rows) for each, (rows, run) in runs.items()}
    name = f"tap, {runs[5][0] / MILLION:.1f} million rows"
    smaller = f"against {runs[1][0] / MILLION:.1f} million"
    return [
        flat(f"{name}, peak memory {smaller}", most.peak_megabytes, least.peak_megabytes, "MB"),
        within(f"{name}, peak memory", most.peak_megabytes, GROWN_MEGABYTES, "MB"),
        flat("tap, time for each of 2 million rows", seconds[2], seconds[1], "s"),
        flat("tap, time for each of 5 million rows", seconds[5], seconds[1], "s"),
    ]


def grown(place: Workplace, millions: int) -> tuple[int, Measured]:
    """Return how many rows there are in an emulator of its own, and what reading them took."""
    flags = HISTORY | {"events_per_day": place.extent.count(millions * MILLION_A_DAY)}
    emulator = place.start(**flags, reads_in_flight=15)
    source = Source(place, emulator, EVENTS)
    rows, run = source.counted(), source.read()
    emulator.stop()  # its memory would add to the next one's
    return rows, run


def tap_single_day(place: Workplace) -> list[Row]:
    """Five million events of one name on one day, which cannot be closed before they all came."""
    after = SINGLE_DAY + timedelta(1)
    daily = place.extent.count(int(5 * MILLION / SHARE_OF_FIRST))
    flags = HISTORY | {"days": 2, "today": after.isoformat(), "events_per_day": daily}
    emulator = place.start(**flags, reads_in_flight=15)
    source = Source(place, emulator, EVENTS[:1], first=SINGLE_DAY, last=SINGLE_DAY)
    rows, run = source.counted(), source.read()
    name = f"tap, one day of {rows / MILLION:.1f} million rows"
    return [
        within(f"{name}, peak memory", run.peak_megabytes, SINGLE_DAY_MEGABYTES, "MB"),
        speeds(name, rows / run.seconds, AIM),
    ]


CASES = [tap_at_200_ms, tap_without_latency, tap_first_asks, tap_growth, tap_single_day]
