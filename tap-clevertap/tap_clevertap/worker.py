"""The process that turns pages of events into lines, one page after another, for `workers`.

It reads an Order, then Tasks, each with a page's rows after it; it answers each with Results, each
with lines after it. All are lines of JSON. Where its input ends, so does the process.
"""

from __future__ import annotations

import gc
import os
import sys
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import msgspec

from tap_clevertap.bad_rows import BadRows
from tap_clevertap.errors import CleverTapError, endless, where
from tap_clevertap.lines import RECORD_ALONE, Envelope, EventLines, record_message
from tap_clevertap.occurrences import MOST_PAGES_WITHOUT_NEW, Occurrences

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

LINES_AT_ONCE = 500
NICENESS = 5
"""Requests come first: a page that waits for the processor holds up no other."""

encode = msgspec.json.Encoder().encode


class Order(msgspec.Struct, frozen=True):
    """What all pages of a run have in common."""

    account_id: str
    timezone: str
    merge_duplicates: bool
    skip_bad_rows: bool = False
    as_messages: bool = True
    """Whether a line is a RECORD message; else it is a record alone, for a batch."""
    lines_at_once: int = LINES_AT_ONCE


class Task(msgspec.Struct, frozen=True):
    """One page: of which export and walk, and the length of its rows in bytes."""

    export: int
    event_name: str
    walk: int
    ends_export: bool
    length: int
    days: str = ""
    """Those of the export, as messages name them."""


class Result(msgspec.Struct, frozen=True):
    """Some lines of a page, their count and length in bytes; or why the run has to stop.

    The last result of a page has the rows that could not be read, as JSON.
    """

    count: int = 0
    length: int = 0
    ends_page: bool = False
    failure: str | None = None
    bad_rows: tuple[str, ...] = ()


class PageWriter:
    """Writes pages, and knows which rows of their exports it has written."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._lines = EventLines(account_id=order.account_id, zone=ZoneInfo(order.timezone))
        self._occurrences: dict[int, Occurrences] = {}

    def write(self, task: Task, rows: bytes) -> Generator[list[bytes], None, list[str]]:
        """Yield the lines of a page, some at a time; return its bad rows, which are set aside.

        Raises:
            CleverTapError: If its rows cannot be read, or come again and again.
        """
        merge = self._order.merge_duplicates
        occurrences = self._occurrences.pop(task.export, None) or Occurrences(merge=merge)
        if not task.ends_export:
            self._occurrences[task.export] = occurrences
        if not rows:
            return []
        number = partial(occurrences.number, walk=task.walk)
        bad = BadRows(task.event_name, task.days, skip=self._order.skip_bad_rows)
        lines = self._lines.write(
            rows, number, event_name=task.event_name, envelope=self._envelope(), bad=bad
        )
        written = 0
        while some := list(islice(lines, self._order.lines_at_once)):
            written += len(some)
            yield some
        if occurrences.end_page():
            place = where(task.event_name, task.days)
            raise endless(place, MOST_PAGES_WITHOUT_NEW, "with the same rows")
        return bad.end_page(written)

    def _envelope(self) -> Envelope:
        return record_message() if self._order.as_messages else RECORD_ALONE


def main() -> None:
    """Write pages until the input ends."""
    gc.disable()  # a page leaves no cycles behind, and collecting would walk over its rows
    os.nice(NICENESS)
    tasks = sys.stdin.buffer
    order = tasks.readline()
    if not order.endswith(b"\n"):
        return  # the tap ended before it had said what to do
    writer = PageWriter(msgspec.json.decode(order, type=Order))
    for line in tasks:
        if not line.endswith(b"\n"):
            return
        task = msgspec.json.decode(line, type=Task)
        rows = tasks.read(task.length)
        if len(rows) < task.length:
            return
        try:
            bad_rows = _write(writer.write(task, rows))
            _answer(Result(ends_page=True, bad_rows=tuple(bad_rows)))
        except CleverTapError as failure:
            _answer(Result(ends_page=True, failure=failure.message))
        except Exception as fault:  # noqa: BLE001 - ends the run, whose log is not here
            message = (
                f"{where(task.event_name, task.days)}: a page cannot be written "
                f"({type(fault).__name__}); please report this"
            )
            _answer(Result(ends_page=True, failure=message))
        del rows  # else it would be there beside the next


def _write(page: Generator[list[bytes], None, list[str]]) -> list[str]:
    """Answer the lines of a page, and return its bad rows."""
    while True:
        try:
            some = next(page)
        except StopIteration as end:
            rows: list[str] = end.value
            return rows
        _answer(Result(len(some), sum(map(len, some))), some)


def _answer(result: Result, lines: Iterable[bytes] = ()) -> None:
    results = sys.stdout.buffer
    try:
        results.write(encode(result) + b"\n" + b"".join(lines))
        results.flush()
    except BrokenPipeError:
        os._exit(0)  # the run is over
