"""The events stream: from planned windows to records, and the bookmark of each event."""

from __future__ import annotations

from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import override

from tap_clevertap.bad_rows import BadRows
from tap_clevertap.bookmarks import Bookmark
from tap_clevertap.errors import endless
from tap_clevertap.exports import EVENTS, Export
from tap_clevertap.occurrences import MOST_PAGES_WITHOUT_NEW, Occurrences
from tap_clevertap.records import Origin, event_records
from tap_clevertap.schemas import EVENTS_SCHEMA
from tap_clevertap.streams import CleverTapStream
from tap_clevertap.windows import Window
from tap_clevertap.worker import LINES_AT_ONCE, Order
from tap_clevertap.workers import Workers

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from singer_sdk import Tap
    from singer_sdk.helpers.types import Context, Record

    from tap_clevertap.backlog import Arrival
    from tap_clevertap.run import Run
    from tap_clevertap.workers import Written


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
            for written in self._written_pages():
                counter.increment(written.lines)
        self._write_state_message()

    @override
    def get_records(self, context: Context | None) -> Iterator[Record]:
        merge = self._run.settings.merge_duplicates
        occurrences: dict[Export, Occurrences] = {}
        for arrival in filter(None, self._pages()):
            known = occurrences.setdefault(arrival.export, Occurrences(merge=merge))
            yield from self._records(arrival, known)
            if arrival.ended:
                del occurrences[arrival.export]
                self._close(arrival.export)

    def _written_pages(self) -> Iterator[Written]:
        """Yield what arrives once its lines are written, and close its days."""
        settings, batches = self._run.settings, self._batches
        order = Order(
            settings.account_id,
            settings.timezone,
            settings.merge_duplicates,
            settings.skip_bad_rows,
            as_messages=batches is None,
            lines_at_once=min(LINES_AT_ONCE, batches.batch_size if batches else LINES_AT_ONCE),
        )
        with closing(Workers(order, self._write_lines)) as workers:
            for written in workers.write(self._pages()):
                self._set_aside(written.arrival.export, written.bad_rows)
                yield written
                if written.arrival.ended:
                    self._close(written.arrival.export)

    def _pages(self) -> Iterator[Arrival | None]:
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
        yield from self._arrivals(self._planned(), events)

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

    def _records(self, arrival: Arrival, occurrences: Occurrences) -> Iterator[Record]:
        if not arrival.rows:
            return
        settings, export = self._run.settings, arrival.export
        bad = BadRows(export.event_name, str(export.window), skip=settings.skip_bad_rows)
        origin = Origin(settings.account_id, export.event_name, settings.zone, bad)
        number = partial(occurrences.number, walk=arrival.walk)
        written = 0
        for record in event_records(arrival.rows, number, origin):
            written += 1
            yield record
            self._stop_if_asked()
        if occurrences.end_page():
            raise endless(str(export), MOST_PAGES_WITHOUT_NEW, "with the same rows")
        self._set_aside(export, bad.end_page(written))

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
