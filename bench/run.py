"""Speed and memory beside the peers, in one run and one table: `make bench`."""

from __future__ import annotations

import json
import os
import platform
import sys
import tempfile
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

from measure import BIN, Measured, measure, medians

from emulator_process import Emulator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HERE = Path(__file__).parent
ZONE = "Asia/Kolkata"
DAYS = 28
TODAY = datetime.now(ZoneInfo(ZONE)).date()
FIRST = TODAY - timedelta(DAYS - 1)
EVENTS = ["App Launched", "Product Viewed", "Charged", "Added To Cart", "Search"]
LATENCY_MS, READERS, WRITERS, PAGE, UPLOAD = 200, 3, 15, 5000, 1000
PAGES_A_SECOND = READERS * 1000 / LATENCY_MS
RECORDS_A_SECOND = WRITERS * UPLOAD * 1000 / LATENCY_MS
HISTORY = {"timezone": ZONE, "days": DAYS, "preparing": 0, "hollow_pages": False, "users": 20_000}
TIMES = 3
RUNNING: list[Emulator] = []


class Row(NamedTuple):
    """One row of the table."""

    case: str
    figure: str
    beside: str
    ratio: float


def main() -> None:
    """Measure all cases, and print the table as Markdown."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = [row for case in CASES for row in said(case, folder)]
    sys.stdout.write(
        f"{datetime.now(ZoneInfo('UTC')):%Y-%m-%d}, {os.cpu_count()} cores, {processor()}, "
        f"Python {platform.python_version()}\n\n"
        "| case | figure | beside | ratio |\n|---|--:|--:|--:|\n"
    )
    for row in rows:
        sys.stdout.write(f"| {row.case} | {row.figure} | {row.beside} | {row.ratio:.2f} |\n")


def said(case: Callable[[Path], list[Row]], folder: Path) -> Iterator[Row]:
    """Yield a case's rows, each said on standard error as it comes; end its emulators."""
    try:
        for row in case(folder):
            sys.stderr.write(f"{row}\n")
            yield row
    finally:
        while RUNNING:
            RUNNING.pop().stop()


def start(**flags: Any) -> Emulator:
    """Start an emulator that ends with its case."""
    RUNNING.append(Emulator.start(**flags))
    return RUNNING[-1]


def tap_at_200_ms(folder: Path) -> list[Row]:
    """Three pages every 200 ms are all that the API gives."""
    emulator = start(**HISTORY, events_per_day=36_000, cached_megabytes=4000, latency_ms=LATENCY_MS)
    run = partial(tap, emulator, folder, EVENTS)
    run()
    emulator.reset()
    ours = run()
    asked = emulator.requests()["requests"]
    pages = [each for each in asked if each["kind"] == "page"]
    first = min(each["time"] for each in pages)
    last = max(each["time"] + each["seconds"] for each in pages)
    rows = rows_in(folder)
    theirs = partial(quickhouse, emulator, folder, "Search")
    theirs()
    rival, rival_rows = theirs(), quickhouse_rows(emulator, "Search")
    ceiling = f"{PAGES_A_SECOND:.0f} pages/s"
    pace, whole = len(pages) / (last - first), len(asked) / ours.seconds
    speed, rival_speed = rows / ours.seconds, rival_rows / rival.seconds
    return [
        Row(
            "tap, 200 ms, first to last page", f"{pace:.1f} pages/s", ceiling, pace / PAGES_A_SECOND
        ),
        Row(
            "tap, 200 ms, all requests of a whole run",
            f"{whole:.1f} /s",
            ceiling,
            whole / PAGES_A_SECOND,
        ),
        beside("tap, 200 ms, beside quickhouse", speed, rival_speed),
        Row(
            "tap, 200 ms, peak memory",
            f"{ours.peak_megabytes:.0f} MB",
            "150 MB",
            ours.peak_megabytes / 150,
        ),
    ]


def tap_without_latency(folder: Path) -> list[Row]:
    """What the program itself takes, beside one in Rust and one of the SDK's plain classes."""
    event = "App Launched"
    emulator = start(
        **HISTORY, events_per_day=36_000, cached_megabytes=4000, reads_in_flight=WRITERS
    )
    runs = [
        partial(tap, emulator, folder, [event]),
        partial(quickhouse, emulator, folder, event),
        partial(plain_tap, emulator, folder, event),
    ]
    for run in runs[:2]:
        run()
    ours, rival, plain = medians(TIMES, *runs)
    rows = rows_in(folder)
    return [
        beside("tap, no latency, beside quickhouse", rows / ours.seconds, rows / rival.seconds),
        beside(
            "tap, no latency, beside a plain SDK tap", rows / ours.seconds, rows / plain.seconds
        ),
        Row(
            "tap, no latency, peak memory",
            f"{ours.peak_megabytes:.0f} MB",
            "150 MB",
            ours.peak_megabytes / 150,
        ),
    ]


def target_at_200_ms(folder: Path) -> list[Row]:
    """Fifteen uploads every 200 ms are all that the API takes."""
    orders = written_orders(folder, 500_000)
    emulator = start(days=1, users=1, count_uploads=True, latency_ms=LATENCY_MS)
    ours = target(emulator, folder, orders, ledger="ledger.sqlite")
    asked = emulator.requests()["requests"]
    counted = emulator.uploads()["counted"]
    first = min(each["time"] for each in asked)
    last = max(each["time"] + each["seconds"] for each in asked)
    pace = counted / (last - first)
    ceiling = f"{RECORDS_A_SECOND:,.0f} records/s"
    whole = counted / ours.seconds
    return [
        Row(
            "target, 200 ms, first to last request",
            f"{pace:,.0f} records/s",
            ceiling,
            pace / RECORDS_A_SECOND,
        ),
        Row(
            "target, 200 ms, a whole run",
            f"{whole:,.0f} records/s",
            ceiling,
            whole / RECORDS_A_SECOND,
        ),
        Row(
            "target, 200 ms, peak memory",
            f"{ours.peak_megabytes:.0f} MB",
            "200 MB",
            ours.peak_megabytes / 200,
        ),
    ]


def target_without_latency(folder: Path) -> list[Row]:
    """What the program itself takes, beside the SDK's plain sink."""
    count = 200_000
    orders = written_orders(folder, count)
    emulator = start(days=1, users=1, count_uploads=True)
    with_ledger, without, plain = medians(
        TIMES,
        partial(target, emulator, folder, orders, ledger="ledger.sqlite"),
        partial(target, emulator, folder, orders, ledger=""),
        partial(plain_target, emulator, folder, orders),
    )
    return [
        beside(
            "target, no latency, ledger on, beside a plain SDK target",
            count / with_ledger.seconds,
            count / plain.seconds,
        ),
        beside(
            "target, no latency, ledger off, beside a plain SDK target",
            count / without.seconds,
            count / plain.seconds,
        ),
    ]


def start_up(_folder: Path) -> list[Row]:
    """How long it takes to say something, beside an empty plugin of the SDK."""
    rows = []
    for flag in ("--version", "--about", "--discover"):
        peer = [sys.executable, str(HERE / "peers.py"), "empty-tap", flag]
        ours, empty = medians(
            5,
            partial(measure, [str(BIN / "tap-clevertap"), flag]),
            partial(measure, peer),
        )
        rows.append(
            Row(
                f"tap {flag}",
                f"{ours.seconds:.2f} s",
                f"{empty.seconds:.2f} s",
                ours.seconds / empty.seconds,
            )
        )
    return rows


CASES = [tap_at_200_ms, tap_without_latency, target_at_200_ms, target_without_latency, start_up]


def beside(case: str, speed: float, other: float) -> Row:
    """Return a row of two speeds."""
    return Row(case, f"{speed:,.0f} rows/s", f"{other:,.0f} rows/s", speed / other)


def tap(emulator: Emulator, folder: Path, events: list[str]) -> Measured:
    """Read events into a file."""
    config = {
        "account_id": emulator.account_id,
        "passcode": emulator.passcode,
        "api_url": emulator.url,
        "timezone": ZONE,
        "start_date": FIRST.isoformat(),
        "events": events,
        "profile_events": [],
    }
    command = [str(BIN / "tap-clevertap"), "--config", written(folder, config)]
    return measure(command, stdout=str(folder / "events.jsonl"))


def rows_in(folder: Path) -> int:
    """Return how many records the tap's last run wrote."""
    with (folder / "events.jsonl").open("rb") as lines:
        return sum(line.startswith(b'{"type":"RECORD"') for line in lines)


def quickhouse(emulator: Emulator, folder: Path, event: str) -> Measured:
    """Let quickhouse read an event into CSV."""
    days = [FIRST.isoformat(), TODAY.isoformat()]
    command = [sys.executable, str(HERE / "rival.py"), emulator.url, event, *days]
    return measure([*command, str(folder / "csv")])


def quickhouse_rows(emulator: Emulator, event: str) -> int:
    """Return how many rows quickhouse had to read."""
    return len(emulator.truth(kind="events", event_name=event)["events"])


def plain_tap(emulator: Emulator, folder: Path, event: str) -> Measured:
    """Read an event with the SDK's own classes into a file."""
    asked = {"event": event, "from": int(f"{FIRST:%Y%m%d}"), "to": int(f"{TODAY:%Y%m%d}")}
    config = written(folder, {"api_url": emulator.url, **asked})
    command = [sys.executable, str(HERE / "peers.py"), "tap", "--config", config]
    return measure(command, stdout=str(folder / "plain.jsonl"))


def written_orders(folder: Path, count: int) -> str:
    """Write orders of many users as a tap would; return the file's path."""
    columns = {
        "id": {"type": "integer"},
        "email": {"type": "string"},
        "created_at": {"type": "string", "format": "date-time"},
        "total": {"type": "number"},
        "currency": {"type": "string"},
        "shop": {"type": "string"},
    }
    schema = {"type": "SCHEMA", "stream": "orders", "schema": {"properties": columns}}
    schema |= {"key_properties": ["id"], "bookmark_properties": ["created_at"]}
    path = folder / f"orders-{count}.jsonl"
    with path.open("w") as lines:
        lines.write(json.dumps(schema) + "\n")
        for number in range(count):
            lines.write(
                f'{{"type":"RECORD","stream":"orders","record":{{"id":{number},'
                f'"email":"user{number * 7919 % 50_000}@example.org","created_at":'
                f'"2026-01-{1 + number % 28:02}T00:{number // 60 % 60:02}:{number % 60:02}Z",'
                f'"total":{number % 5000 / 100},"currency":"INR","shop":"{number % 97}"}}}}\n'
            )
    return str(path)


def target(emulator: Emulator, folder: Path, orders: str, *, ledger: str) -> Measured:
    """Deliver orders as events, with an empty ledger or none."""
    for old in folder.glob("ledger.sqlite*"):
        old.unlink()
    rule = {"type": "event", "event": "Ordered", "identity": "email", "time": "created_at"}
    config: dict[str, Any] = {
        "account_id": emulator.account_id,
        "passcode": emulator.passcode,
        "api_url": emulator.url,
        "streams": {"orders": rule},
        "rejects_path": str(folder / "rejects.jsonl"),
        "ledger_path": str(folder / ledger) if ledger else "",
    }
    command = [str(BIN / "target-clevertap"), "--config", written(folder, config)]
    return measure(command, stdin=orders)


def plain_target(emulator: Emulator, folder: Path, orders: str) -> Measured:
    """Post orders with the SDK's own sink."""
    config = written(folder, {"api_url": emulator.url})
    command = [sys.executable, str(HERE / "peers.py"), "target", "--config", config]
    return measure(command, stdin=orders)


def written(folder: Path, config: dict[str, Any]) -> str:
    """Write settings to a file of their own."""
    path = folder / f"config-{len(list(folder.glob('config-*')))}.json"
    path.write_text(json.dumps(config))
    return str(path)


def processor() -> str:
    """Return what the processor calls itself."""
    described = Path("/proc/cpuinfo")
    lines = described.read_text().splitlines() if described.is_file() else []
    names = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


if __name__ == "__main__":
    main()
