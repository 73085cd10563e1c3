"""The profiles stream: each user once a run, and one bookmark over all of its events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import override

from tap_clevertap.bookmarks import Bookmark
from tap_clevertap.exports import PROFILES, Export
from tap_clevertap.records import profile_record, read_profiles
from tap_clevertap.schemas import PROFILES_SCHEMA
from tap_clevertap.streams import CleverTapStream
from tap_clevertap.windows import windows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from singer_sdk.helpers.types import Context, Record

    from tap_clevertap.backlog import Arrival
    from tap_clevertap.names import EventList


class Profiles(CleverTapStream):
    """Who the users are: one record for each person, or device of nobody known, and run."""

    name = "profiles"
    primary_keys: ClassVar[tuple[str, ...]] = ("profile_key",)
    replication_key = "seen_through"
    schema = PROFILES_SCHEMA
    source = PROFILES

    @override
    def get_records(self, context: Context | None) -> Iterator[Record]:
        events = self._plan().profile_events
        self._check_and_mark_state()
        end = self._run.settings.end
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
        account_id = self._run.settings.account_id
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
