"""The events stream: from planned windows to records, and the bookmark of each event."""

from __future__ import annotations

from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias, TypeVar

from typing_extensions import override

from tap_clevertap.errors import endless
from tap_clevertap.exports.export import EVENTS, Export, Page
from tap_clevertap.exports.windows import Window
from tap_clevertap.output.bad_rows import PageBadRows
from tap_clevertap.records.duplicates import MOST_PAGES_WITHOUT_NEW, DuplicateNumbering
from tap_clevertap.records.encoder import RECORD_ALONE, EventEncoder, record_message
from tap_clevertap.records.events import PageContext, event_records
from tap_clevertap.state.bookmarks import Bookmark
from tap_clevertap.streams.base import CleverTapStream
from tap_clevertap.streams.schemas import EVENTS_SCHEMA

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from singer_sdk import Tap
    from singer_sdk.helpers.types import Context, Record

    from tap_clevertap.run import Run

LINES_AT_ONCE = 500
"""Of some 300 kB together: a write so large costs little, and needs little memory."""

Item = TypeVar("Item")
Convert: TypeAlias = (
    "Callable[[bytes, Callable[[bytes], int | None], str, PageBadRows], Iterator[Item]]"
)
"""Converts the rows of a page. It is given the rows, the function that numbers them, the name of
the event, and what takes bad rows."""


class Events(CleverTapStream):
    """What users did: one record for each event, with a key that stays the same."""

    name = "events"
    primary_keys: ClassVar[tuple[str, ...]] = ("event_key",)
    replication_key = "event_time"
    state_partitioning_keys: ClassVar[list[str]] = ["event_name"]
    schema = EVENTS_SCHEMA
    source = EVENTS

    def __init__(self, tap: Tap, run: Run) -> None:
        super().__init__(tap, run)
        self._bookmarks: dict[str, Bookmark] = {}

    @override
    def _sync_records(
        self, context: Context | None = None, *, write_messages: bool = True
    ) -> Generator[Record, Any, None]:
        if not (write_messages and self._is_plain()):
            yield from super()._sync_records(context, write_messages=write_messages)
            return
        with self.get_record_counter() as counter, self.get_sync_timer(), self._keeping_state():
            for records in self._write_pages():
                counter.increment(records)
        self._write_state_message()

    @override
    def get_records(self, context: Context | None) -> Iterator[Record]:
        for records in self._converted_pages(self._records):
            for record in records:
                yield record
                self._stop_if_asked()

    def _records(
        self,
        rows: bytes,
        number: Callable[[bytes], int | None],
        event_name: str,
        bad: PageBadRows,
    ) -> Iterator[Record]:
        settings = self._run.settings
        context = PageContext(settings.account_id, event_name, settings.zone, bad)
        return event_records(rows, number, context)

    def _write_pages(self) -> Iterator[int]:
        """Write the records of all pages, some at a time; yield how many."""
        settings, batches = self._run.settings, self._batches
        envelope = record_message if batches is None else lambda: RECORD_ALONE
        encoder = EventEncoder(
            account_id=settings.account_id, zone=settings.zone, envelope=envelope
        )
        at_once = LINES_AT_ONCE if batches is None else min(LINES_AT_ONCE, batches.batch_size)
        for lines in self._converted_pages(encoder.encode):
            while some := list(islice(lines, at_once)):
                self._write_lines(b"".join(some), len(some))
                yield len(some)
                self._stop_if_asked()

    def _converted_pages(self, convert: Convert[Item]) -> Iterator[Iterator[Item]]:
        """Yield the converted rows of each page; use them up before the next page.

        The days of an export are closed after its last page.

        Args:
            convert: Converts the rows of a page.
        """
        known: dict[Export, DuplicateNumbering] = {}
        for page in self._planned_pages():
            export = page.export
            if export not in known:
                known[export] = DuplicateNumbering(merge=self._run.settings.merge_duplicates)
            if page.rows:
                yield self._converted(page, known[export], convert)
            if page.ended:
                del known[export]
                self._close(export)

    def _converted(
        self, page: Page, occurrences: DuplicateNumbering, convert: Convert[Item]
    ) -> Iterator[Item]:
        export = page.export
        bad = PageBadRows(
            export.event_name, str(export.window), skip=self._run.settings.skip_bad_rows
        )
        number = partial(occurrences.number, walk=page.walk)
        converted = 0
        for each in convert(page.rows, number, export.event_name, bad):
            converted += 1
            yield each
        if occurrences.end_page():
            raise endless(str(export), MOST_PAGES_WITHOUT_NEW, "with the same rows")
        self._set_aside(export, bad.end_page(converted))

    def _planned_pages(self) -> Iterator[Page]:
        events = self._plan().events
        self._mark_state()
        today = self._run.settings.today
        self._bookmarks = {
            name: Bookmark(self.get_context_state({"event_name": name}), today=today)
            for name in events.names
        }
        self._say_what_is_read_again()
        if events.setting is None:
            self._run.warn_of_vanished(events.names, self._remembered())
        yield from self._pages(self._planned(), events)

    def _remembered(self) -> list[str]:
        partitions = self.stream_state.get("partitions", [])
        return [
            each["context"]["event_name"] for each in partitions if "replication_key_value" in each
        ]

    def _planned(self) -> dict[str, Window]:
        planned = {}
        for event_name, bookmark in self._bookmarks.items():
            first = self._first_day(bookmark.first_day, bookmark.last_closed_day)
            bookmark.expect(first)
            planned[event_name] = Window(first, self._run.settings.end)
        return planned

    def _close(self, export: Export) -> None:
        bookmark, closed_through = self._bookmarks[export.event_name], export.closed_through
        if closed_through and bookmark.close(export.window, closed_through=closed_through):
            self._closed()

    def _say_what_is_read_again(self) -> None:
        start = self._run.settings.start
        again = sum(
            bool(each.first_day and start < each.first_day) for each in self._bookmarks.values()
        )
        if again:
            message = (
                "start_date: %s is before the first day ever read; %d events are read from there"
            )
            self.logger.info(message, start, again)
