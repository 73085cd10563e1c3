"""The two streams: their Singer life cycle, from planned windows to records and state."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk import Stream
from singer_sdk.helpers.conform import TypeConformanceLevel
from typing_extensions import override

from tap_clevertap.answers import EventUnknown
from tap_clevertap.bookmarks import Bookmark, check_state, mark_state
from tap_clevertap.errors import CleverTapError, SettingsError
from tap_clevertap.exports import EVENTS, PROFILES, Export, Source, Terms
from tap_clevertap.names import WHERE_NOTIFICATIONS_ARE
from tap_clevertap.occurrences import Occurrences
from tap_clevertap.reader import Reader
from tap_clevertap.records import (
    event_key,
    event_record,
    fingerprint,
    profile_record,
    read_profiles,
    read_rows,
    with_floats,
)
from tap_clevertap.schemas import EVENTS_SCHEMA, PROFILES_SCHEMA
from tap_clevertap.windows import first_day_to_read, windows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from singer_sdk.helpers.types import Context, Record

    from tap_clevertap.backlog import Arrival
    from tap_clevertap.names import EventList
    from tap_clevertap.tap import TapCleverTap
    from tap_clevertap.windows import Window

RESHAPING_SETTINGS = ("stream_maps", "flattening_enabled")
STATE_SECONDS = 1.0
"""At most one state message in this time: with hundreds of events each is large."""


class CleverTapStream(Stream):
    """Reads exports side by side, and moves its own bookmarks by closed days."""

    source: ClassVar[Source]
    # The records are built to the schema, field by field.
    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE

    def __init__(self, tap: TapCleverTap) -> None:
        super().__init__(tap)
        self._clevertap = tap
        self._skipped: set[str] = set()
        self._is_reshaped = any(self.config.get(name) for name in RESHAPING_SETTINGS)
        self._state_written = time.monotonic()

    @property
    @override
    def partitions(self) -> None:
        # The SDK would sync once for each partition it finds in the state.
        return

    @override
    def _increment_stream_state(
        self, latest_record: Record, *, context: Context | None = None
    ) -> None:
        # Days close, records do not: the bookmarks are moved by the ends of exports.
        return

    @override
    def _write_starting_replication_value(self, context: Context | None) -> None:
        # The SDK would note start_date here, as if it were a bookmark.
        return

    @override
    def post_process(self, row: Record, context: Context | None = None) -> Record | None:
        # Expressions in stream maps, and json.dumps in them, do not take decimals.
        return with_floats(row) if self._is_reshaped else row

    def _exports(self, event_name: str, planned: Iterable[Window]) -> Iterator[Export]:
        settings = self._clevertap.settings
        terms = Terms(settings.page_size, settings.not_ready_patience, settings.zone)
        for window in planned:
            yield Export(self.source, event_name, window, terms)

    def _arrivals(self, exports: Iterable[Export], events: EventList) -> Iterator[Arrival]:
        """Yield what arrives of the exports, without those of events that are left out."""
        settings = self._clevertap.settings
        reader = Reader(self._clevertap.client, max_in_flight=settings.max_in_flight)
        try:
            for arrival in reader.read(exports):
                self._stop_if_asked()
                self._write_state_now_and_then()
                if arrival is not None and arrival.skipped:
                    self._skip(arrival, events)
                elif arrival is not None:
                    yield arrival
        except CleverTapError:
            self._write_state_message()
            raise

    def _stop_if_asked(self) -> None:
        if self._clevertap.received_signal is not None:
            self._write_state_message()
            self._clevertap.exit_for_signal()

    def _write_state_now_and_then(self) -> None:
        if time.monotonic() - self._state_written >= STATE_SECONDS:
            self._write_state_message()
            self._state_written = time.monotonic()

    def _skip(self, arrival: Arrival, events: EventList) -> None:
        name = arrival.export.event_name
        if arrival.skipped is EventUnknown and events.setting:
            message = (
                f"{events.setting}: CleverTap does not know '{name}' (names are case-sensitive)."
            )
            raise SettingsError(message)
        if name in self._skipped:
            return
        self._skipped.add(name)
        unknown = "its export says the project has no such event"
        reason = unknown if arrival.skipped is EventUnknown else WHERE_NOTIFICATIONS_ARE
        self.logger.warning("Event '%s' is left out: %s.", name, reason)

    def _check_and_mark_state(self) -> None:
        timezone = self._clevertap.settings.timezone
        check_state(self.stream_state, stream=self.name, timezone=timezone)
        mark_state(self.stream_state, timezone=timezone)

    def _closed(self) -> None:
        """Note that the state changed, to be written soon."""
        self.state_manager.is_flushed = False

    def _first_day(self, first_day: date | None, last_closed_day: date | None) -> date:
        settings = self._clevertap.settings
        return first_day_to_read(
            start=settings.start,
            first_day=first_day,
            last_closed_day=last_closed_day,
            today=settings.today,
            lookback_days=settings.lookback_days,
        )


class Events(CleverTapStream):
    """What users did: one record for each event, with a key that stays the same."""

    name = "events"
    primary_keys: ClassVar[tuple[str, ...]] = ("event_key",)
    replication_key = "event_time"
    state_partitioning_keys: ClassVar[list[str]] = ["event_name"]
    schema = EVENTS_SCHEMA
    source = EVENTS

    @override
    def get_records(self, context: Context | None) -> Iterator[Record]:
        events = self._clevertap.plan.events
        self._check_and_mark_state()
        bookmarks = {
            name: Bookmark(self.get_context_state({"event_name": name})) for name in events.names
        }
        self._say_what_is_read_again(bookmarks)
        occurrences: dict[Export, Occurrences] = {}
        for arrival in self._arrivals(self._planned(bookmarks), events):
            yield from self._records(arrival, occurrences.setdefault(arrival.export, Occurrences()))
            if arrival.ended:
                del occurrences[arrival.export]
                self._close(arrival.export, bookmarks[arrival.export.event_name])

    def _planned(self, bookmarks: dict[str, Bookmark]) -> Iterator[Export]:
        end = self._clevertap.settings.end
        for event_name, bookmark in bookmarks.items():
            first = self._first_day(bookmark.first_day, bookmark.last_closed_day)
            planned = list(windows(first, end))
            bookmark.expect(planned)
            yield from self._exports(event_name, planned)

    def _records(self, arrival: Arrival, occurrences: Occurrences) -> Iterator[Record]:
        settings = self._clevertap.settings
        event_name = arrival.export.event_name
        for row in read_rows(arrival.rows) if arrival.rows else ():
            likeness = fingerprint(settings.account_id, event_name, row)
            ordinal = occurrences.number(likeness, walk=arrival.walk)
            if ordinal is None or (ordinal and settings.merge_duplicates):
                continue
            yield event_record(
                row,
                key=event_key(likeness, ordinal),
                event_name=event_name,
                ordinal=ordinal,
                zone=settings.zone,
            )
            self._stop_if_asked()

    def _close(self, export: Export, bookmark: Bookmark) -> None:
        closed_through = export.closed_through
        if closed_through and bookmark.close(export.window, closed_through=closed_through):
            self._closed()

    def _say_what_is_read_again(self, bookmarks: dict[str, Bookmark]) -> None:
        start = self._clevertap.settings.start
        again = sum(bool(each.first_day and start < each.first_day) for each in bookmarks.values())
        if again:
            message = (
                "start_date %s is before the first day ever read: %d events are read from there."
            )
            self.logger.info(message, start, again)


class Profiles(CleverTapStream):
    """Who the users are: one record for each person, or device of nobody known, and run."""

    name = "profiles"
    primary_keys: ClassVar[tuple[str, ...]] = ("profile_key",)
    replication_key = "seen_through"
    schema = PROFILES_SCHEMA
    source = PROFILES

    @override
    def get_records(self, context: Context | None) -> Iterator[Record]:
        events = self._clevertap.plan.profile_events
        self._check_and_mark_state()
        end = self._clevertap.settings.end
        first = self._first_day(*self._days_read(events))
        closed_through = end
        emitted: set[str] = set()
        for arrival in self._arrivals(self._planned(events, first, end), events):
            yield from self._records(arrival, emitted, seen_through=end.isoformat())
            if arrival.ended and arrival.export.closed_through:
                closed_through = min(closed_through, arrival.export.closed_through)
        if events.names and closed_through >= first:
            self._write_bookmark(events, first, closed_through)

    def _planned(self, events: EventList, first: date, end: date) -> Iterator[Export]:
        for event_name in events.names:
            yield from self._exports(event_name, windows(first, end))

    def _records(
        self, arrival: Arrival, emitted: set[str], *, seen_through: str
    ) -> Iterator[Record]:
        account_id = self._clevertap.settings.account_id
        for profile in read_profiles(arrival.rows) if arrival.rows else ():
            record = profile_record(profile, account_id=account_id, seen_through=seen_through)
            if record["profile_key"] not in emitted:
                emitted.add(record["profile_key"])
                yield record
                self._stop_if_asked()

    def _days_read(self, events: EventList) -> tuple[date | None, date | None]:
        """Return the first day ever read and the last closed one, of these very events."""
        bookmark = Bookmark(self.stream_state)
        added = set(events.names) - set(self.stream_state.get("events", events.names))
        if added and bookmark.first_day:
            self.logger.info("profile_events has %d more: all are read from the start.", len(added))
            return None, None
        return bookmark.first_day, bookmark.last_closed_day

    def _write_bookmark(self, events: EventList, first: date, closed_through: date) -> None:
        state: dict[str, Any] = self.stream_state
        known = state.get("first_day")
        state["replication_key"] = self.replication_key
        state["replication_key_value"] = closed_through.isoformat()
        state["first_day"] = min(known, first.isoformat()) if known else first.isoformat()
        state["events"] = sorted(events.names)
        self._closed()
