"""The events stream: one record for each event, and one bookmark for each event name."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias, TypeVar

from typing_extensions import override

from tap_clevertap.config.schema import SINGLE
from tap_clevertap.counts.count_check import CountCheck
from tap_clevertap.counts.counted_event import CountSettings
from tap_clevertap.counts.tasks import CountOptions
from tap_clevertap.counts.verification import DayRows, Rules
from tap_clevertap.errors import endless_export
from tap_clevertap.exports.export import EVENTS, Export, Page
from tap_clevertap.exports.windows import Window
from tap_clevertap.lookups.lookup import Answer
from tap_clevertap.numbering.duplicates import DuplicateNumbering
from tap_clevertap.output.bad_rows import PageBadRows
from tap_clevertap.receipt.receipt import DayRead
from tap_clevertap.records.encoder import ROWS_AT_A_TIME, EventEncoder
from tap_clevertap.records.events import EventStream, PageContext, event_records
from tap_clevertap.records.lines import RECORD_ALONE, record_message
from tap_clevertap.records.repeats import MOST_PAGES_WITHOUT_NEW
from tap_clevertap.state.bookmarks import Bookmark
from tap_clevertap.state.layouts import change_layout
from tap_clevertap.streams.base import CleverTapStream
from tap_clevertap.streams.schemas import EVENTS_SCHEMA

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence, Sized

    from singer_sdk import Tap
    from singer_sdk.helpers.types import Context, Record

    from tap_clevertap.config.event_names import EventList
    from tap_clevertap.progress.figures import Figures
    from tap_clevertap.records.events import Number
    from tap_clevertap.run import RunContext

Converted = TypeVar("Converted", bound="Sized")
Convert: TypeAlias = (
    "Callable[[memoryview | bytes, Number, EventStream, PageBadRows], Iterator[Converted]]"
)
"""Converts the rows of a page, some at a time. The arguments are the rows, the function that
numbers them, the event with the stream of its records, and what takes its bad rows."""


class Events(CleverTapStream):
    """What users did: one record for each event, with a stable key.

    - Plain pages are encoded as a whole, by `EventEncoder`. With stream maps, deselected columns or
      a record limit the SDK handles record by record.
    - Everything runs in the main thread.
    """

    name = reads = "events"
    layout: ClassVar[str] = SINGLE
    primary_keys: ClassVar[tuple[str, ...]] = ("event_key",)
    replication_key = "event_time"
    state_partitioning_keys: ClassVar[list[str]] = ["event_name"]
    schema = EVENTS_SCHEMA
    endpoint = EVENTS

    def __init__(self, tap: Tap, run: RunContext) -> None:
        super().__init__(tap, run)
        self._bookmarks: dict[str, Bookmark] = {}
        self._numbering: dict[Export, DuplicateNumbering] = {}
        self._bad_rows_of: Counter[Export] = Counter()
        self._check: CountCheck

    @override
    def _sync_records(
        self, context: Context | None = None, *, write_messages: bool = True
    ) -> Generator[Record, Any, None]:
        if not (write_messages and self._is_plain()):
            yield from super()._sync_records(context, write_messages=write_messages)
            return
        with (
            self.get_record_counter() as counter,
            self.get_sync_timer(),
            self._write_state_on_failure(),
        ):
            for records in self._write_pages():
                counter.increment(records)
        self._write_state_message()

    @override
    def get_records(self, context: Context | None) -> Iterator[Record]:
        for _, records in self._converted_pages(self._records):
            for record in records:
                yield record
                self._stop_if_requested()

    def _records(
        self,
        rows: memoryview | bytes,
        number: Number,
        event: EventStream,
        bad_rows: PageBadRows,
    ) -> Iterator[list[Record]]:
        settings = self._run.settings
        context = PageContext(
            settings.account_id, event.name, settings.zone, bad_rows, event.columns
        )
        return ([record] for record in event_records(rows, number, context))

    def _encoder(self) -> EventEncoder:
        settings, batches = self._run.settings, self._batches
        envelope = record_message if batches is None else lambda _: RECORD_ALONE
        return EventEncoder(
            account_id=settings.account_id,
            zone=settings.zone,
            envelope=envelope,
            rows_at_a_time=min(ROWS_AT_A_TIME, batches.batch_size) if batches else ROWS_AT_A_TIME,
        )

    def _write_pages(self) -> Iterator[int]:
        """Write the records of all pages; yield the number of records of each write."""
        for _, lines in self._converted_pages(self._encoder().encode):
            self._write_lines(lines)
            yield len(lines)
            self._stop_if_requested()

    def _converted_pages(self, convert: Convert[Converted]) -> Iterator[tuple[str, Converted]]:
        """Yield the converted rows of all pages, some at a time, with the name of their event.

        The days of an export are closed after its last page.

        Args:
            convert: Converts the rows of a page.
        """
        for page in self._planned_pages():
            export = page.export
            if export not in self._numbering:
                merge = self._run.settings.merge_duplicates
                self._numbering[export] = DuplicateNumbering(merge=merge)
            if page.rows:
                for some in self._converted(page, self._numbering[export], convert):
                    yield export.event_name, some
            if page.ended:
                self._end_window(export)

    def _converted(
        self, page: Page, numbering: DuplicateNumbering, convert: Convert[Converted]
    ) -> Iterator[Converted]:
        export = page.export
        bad_rows = PageBadRows(
            export.event_name, str(export.window), skip=self._run.settings.skip_bad_rows
        )
        number = partial(numbering.number, walk=page.walk)
        converted = 0
        event = self._event_stream(export.event_name)
        for some in convert(page.rows, number, event, bad_rows):
            converted += len(some)
            yield some
        if numbering.end_page():
            raise endless_export(str(export), MOST_PAGES_WITHOUT_NEW, "with the same rows")
        bad = bad_rows.end_page(converted)
        self._bad_rows_of[export] += len(bad)
        self._keep_bad_rows(export, bad)

    def _planned_pages(self) -> Iterator[Page]:
        events = self._select_events().events
        self._mark_state()
        self._report_names(events)
        today = self._run.settings.today
        self._bookmarks = {
            name: Bookmark(self._bookmark_state(name), today=today)
            for name in self._names_to_read(events)
        }
        if message := change_layout(self.tap_state["bookmarks"], self.layout):
            self.logger.warning("%s", message)
        self._log_earlier_start()
        reader = self._reader()
        self._run.receipt.unfinished = self._unfinished_days
        self._run.receipt.bookmarks |= self._bookmarks
        self._check = self._count_check()
        self._check.begin(reader)
        self._run.progress.figures = self._planned_figures
        for result in self._results(reader, events):
            if isinstance(result, Page):
                yield result
            elif not isinstance(result, Answer):
                self._check.take(result)
                self._mark_closed_days()
        self._check.end()

    # What a typed stream does in another way

    def _names_to_read(self, events: EventList) -> Sequence[str]:
        return events.names

    def _event_stream(self, event_name: str) -> EventStream:
        return EventStream(event_name)

    def _bookmark_state(self, event_name: str) -> dict[str, Any]:
        return self.get_context_state({"event_name": event_name})

    def _first_day_of(self, bookmark: Bookmark, _event_name: str) -> date:
        return self._first_day(bookmark.first_day, bookmark.last_closed_day)

    # Counts and closed days

    def _count_check(self) -> CountCheck:
        settings = self._run.settings
        rules = Rules(settings.verify_tolerance, merges=settings.merge_duplicates)
        options = CountOptions(settings.zone, settings.query.fragment)
        count_settings = CountSettings(
            settings.verify_counts,
            rules,
            settings.verify_days,
            settings.window_days,
            settings.page_size,
            settings.today,
        )
        days = self._days_to_read()
        events = {name: (days[name], bookmark) for name, bookmark in self._bookmarks.items()}
        return CountCheck(count_settings, options, self._run.receipt, events)

    def _report_names(self, events: EventList) -> None:
        """Report names that came or went, while the state has only those of earlier runs."""
        read_before = self.events_read_before()
        partitions = self.stream_state.get("partitions", [])
        in_state = {each["context"]["event_name"] for each in partitions}
        appeared = [name for name in events.names if name not in in_state] if read_before else []
        self._run.report_names(
            self.stream_state, events, read_before=read_before, appeared=appeared
        )

    @override
    def events_read_before(self) -> set[str]:
        partitions = self.stream_state.get("partitions", [])
        return {
            each["context"]["event_name"] for each in partitions if "replication_key_value" in each
        }

    def _days_to_read(self) -> dict[str, Window]:
        days = {}
        for event_name, bookmark in self._bookmarks.items():
            first = self._first_day_of(bookmark, event_name)
            bookmark.expect(first)
            days[event_name] = Window(first, self._run.settings.end)
        return days

    def _end_window(self, export: Export) -> None:
        numbering = self._numbering.pop(export)
        bad_rows = self._bad_rows_of.pop(export, 0)
        self._check.end_window(export, rows_by_day(numbering), bad_rows)
        self._mark_closed_days()

    @override
    def _leave_out_event(self, page: Page, events: EventList) -> None:
        super()._leave_out_event(page, events)
        name = page.export.event_name
        self._run.receipt.event(name).skipped = self._skipped[name]

    def _planned_figures(self) -> Figures:
        planned = self._check.planned()
        return self._figures(self._numbering)._replace(
            planned_rows=planned.rows,
            planned_days=planned.days,
            closed_days=planned.closed_days,
        )

    def _unfinished_days(self) -> Iterator[DayRead]:
        for export, numbering in [*self._numbering.items()]:
            rows = rows_by_day(numbering)
            for day in sorted({*export.window.each(), *rows}):
                yield DayRead(export.event_name, day, *rows.get(day, DayRows(0, 0)))

    def _mark_closed_days(self) -> None:
        if self._check.took_closed_days():
            self._mark_state_changed()

    def _log_earlier_start(self) -> None:
        start = self._run.settings.start
        again = sum(
            bool(each.first_day and start < each.first_day) for each in self._bookmarks.values()
        )
        if again:
            message = (
                "start_date: %s is before the first day ever read; %d events are read from there"
            )
            self.logger.info(message, start, again)


def rows_by_day(numbering: DuplicateNumbering) -> dict[date, DayRows]:
    """Return the rows of each day; rows without a day are left out."""
    found = {}
    for number, counts in numbering.days().items():
        with suppress(ValueError):
            found[date(number // 10_000, number // 100 % 100, number % 100)] = DayRows(*counts)
    return found
