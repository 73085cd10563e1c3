"""The events stream: from planned windows to records, and the bookmark of each event."""

from __future__ import annotations

from datetime import datetime, timezone
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import override

from tap_clevertap.bookmarks import Bookmark
from tap_clevertap.exports import EVENTS, Export
from tap_clevertap.lines import Envelope, EventLines
from tap_clevertap.occurrences import Occurrences
from tap_clevertap.records import Origin, event_records
from tap_clevertap.schemas import EVENTS_SCHEMA
from tap_clevertap.streams import CleverTapStream
from tap_clevertap.windows import windows

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from singer_sdk.helpers.types import Context, Record

    from tap_clevertap.backlog import Arrival


def record_message() -> Envelope:
    """Return what makes a record of now a message."""
    now = datetime.now(timezone.utc).isoformat().encode()
    before = b'{"type":"RECORD","stream":"events","record":'
    return Envelope(before, b',"time_extracted":"%b"}\n' % now)


class Events(CleverTapStream):
    """What users did: one record for each event, with a key that stays the same."""

    name = "events"
    primary_keys: ClassVar[tuple[str, ...]] = ("event_key",)
    replication_key = "event_time"
    state_partitioning_keys: ClassVar[list[str]] = ["event_name"]
    schema = EVENTS_SCHEMA
    source = EVENTS

    @override
    def _sync_records(
        self, context: Context | None = None, *, write_messages: bool = True
    ) -> Generator[Record, Any, None]:
        if not (write_messages and self._is_plain()):
            yield from super()._sync_records(context, write_messages=write_messages)
            return
        settings = self._run.settings
        writer = EventLines(account_id=settings.account_id, zone=settings.zone)
        with self.get_record_counter() as counter, self.get_sync_timer():
            for arrival, occurrences in self._pages():
                if not arrival.rows:
                    continue
                number = partial(self._number, occurrences, arrival.walk)
                name, envelope = arrival.export.event_name, record_message()
                written = writer.write(arrival.rows, number, event_name=name, envelope=envelope)
                lines = list(written)
                self._write_lines(lines)
                counter.increment(len(lines))
        self._write_state_message()

    @override
    def get_records(self, context: Context | None) -> Iterator[Record]:
        for arrival, occurrences in self._pages():
            yield from self._records(arrival, occurrences)

    def _pages(self) -> Iterator[tuple[Arrival, Occurrences]]:
        """Yield what arrives, and close its days once its records were taken."""
        events = self._plan().events
        self._check_and_mark_state()
        today = self._run.settings.today
        bookmarks = {
            name: Bookmark(self.get_context_state({"event_name": name}), today=today)
            for name in events.names
        }
        self._say_what_is_read_again(bookmarks)
        occurrences: dict[Export, Occurrences] = {}
        for arrival in self._arrivals(self._planned(bookmarks), events):
            yield arrival, occurrences.setdefault(arrival.export, Occurrences())
            if arrival.ended:
                del occurrences[arrival.export]
                self._close(arrival.export, bookmarks[arrival.export.event_name])

    def _planned(self, bookmarks: dict[str, Bookmark]) -> Iterator[Export]:
        end = self._run.settings.end
        for event_name, bookmark in bookmarks.items():
            first = self._first_day(bookmark.first_day, bookmark.last_closed_day)
            planned = list(windows(first, end))
            bookmark.expect(planned)
            yield from self._exports(event_name, planned)

    def _records(self, arrival: Arrival, occurrences: Occurrences) -> Iterator[Record]:
        settings = self._run.settings
        origin = Origin(settings.account_id, arrival.export.event_name, settings.zone)
        number = partial(self._number, occurrences, arrival.walk)
        for record in event_records(arrival.rows, number, origin) if arrival.rows else ():
            yield record
            self._stop_if_asked()

    def _number(self, occurrences: Occurrences, walk: int, likeness: bytes) -> int | None:
        """Return the ordinal of a row that is to be emitted, or None."""
        ordinal = occurrences.number(likeness, walk=walk)
        return None if ordinal and self._run.settings.merge_duplicates else ordinal

    def _close(self, export: Export, bookmark: Bookmark) -> None:
        closed_through = export.closed_through
        if closed_through and bookmark.close(export.window, closed_through=closed_through):
            self._closed()

    def _say_what_is_read_again(self, bookmarks: dict[str, Bookmark]) -> None:
        start = self._run.settings.start
        again = sum(bool(each.first_day and start < each.first_day) for each in bookmarks.values())
        if again:
            message = (
                "start_date %s is before the first day ever read: %d events are read from there."
            )
            self.logger.info(message, start, again)
