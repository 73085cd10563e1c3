"""Receipts of any size, for pages."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import cycle

from tap_clevertap.receipt.receipt import DayResult, EventResult
from tap_clevertap.receipt.report import GAP, RunFacts

LAST = date(2026, 11, 28)
EVIL_NAMES = (
    "<script>document.title = 'gone'</script>",
    "\"quoted' & <b>bold</b> <img src=x onerror=\"document.title='gone'\">",
    "</td></table><h1>big",
    "שלום עולם",
    "evil\u202egnp.exe\x1b[2J",
    "x" * 512,
    "&lt;kept&gt;",
    "日本語のイベント",
)
FACTS = RunFacts(
    status=GAP,
    account_id="TEST-000-0000",
    timezone="Asia/Kolkata",
    started_at="2026-11-28T06:00:00Z",
    finished_at="2026-11-28T06:02:00Z",
    seconds=120.4,
    absent_users={},
    requests={"exports": 17, "pages": 45, "counts": 39, "retries": 1},
)


def kinds():
    """Return a day of each kind."""
    return [
        DayResult(97, 97, closed=True),
        DayResult(95, 97, closed=True, missing=True),
        DayResult(99, 97, closed=True, surplus=True),
        DayResult(98, None, closed=True),
        DayResult(96, None),
        DayResult(94, 94, closed=True, late=True),
        DayResult(93, 93, twins=3, closed=True),
        DayResult(0, 0, closed=True),
        DayResult(0, 0, closed=True),
        DayResult(1_234_567, 1_234_569, closed=True, missing=True),
        DayResult(99_999, 99_999, closed=True),
    ]


def receipt(names, days):
    """Return events with so many days, of all kinds in turn; one more event is left out."""
    events = {}
    for start, name in enumerate(names):
        days_of = kinds()
        turn = cycle(days_of[start % len(days_of) :] + days_of[: start % len(days_of)])
        dates = (LAST - timedelta(offset) for offset in range(days - 1, -1, -1))
        events[name] = EventResult(days={day: next(turn) for day in dates})
    events["Push <Impressions>"] = EventResult("CleverTap does not export it")
    return events
