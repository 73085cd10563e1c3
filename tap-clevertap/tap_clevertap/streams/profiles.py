"""The profiles stream: each user once in a run, and one bookmark for all of its events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import override

from tap_clevertap.errors import endless_export
from tap_clevertap.exports.export import PROFILES, Export, Page
from tap_clevertap.exports.progress import EstimatedProgress
from tap_clevertap.exports.windows import ONE_DAY, Window
from tap_clevertap.output.bad_rows import PageBadRows
from tap_clevertap.records.duplicates import (
    MOST_PAGES_WITHOUT_NEW,
    DuplicateNumbering,
    FingerprintCounts,
)
from tap_clevertap.records.profiles import profile_record
from tap_clevertap.records.rows import read_profiles
from tap_clevertap.state.bookmarks import Bookmark
from tap_clevertap.streams.base import CleverTapStream
from tap_clevertap.streams.schemas import PROFILES_SCHEMA

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from singer_sdk.helpers.types import Context, Record

    from tap_clevertap.config.event_names import EventList


class Profiles(CleverTapStream):
    """Who the users are: in each run one record for each person, or device of an unknown person.

    - A user may be in the exports of several events; only the first row becomes a record.
    - Everything runs in the main thread.
    """

    name = "profiles"
    primary_keys: ClassVar[tuple[str, ...]] = ("profile_key",)
    replication_key = "seen_through"
    schema = PROFILES_SCHEMA
    endpoint = PROFILES

    @override
    def get_records(self, context: Context | None) -> Iterator[Record]:
        events = self._select_events().profile_events
        self._mark_state()
        if events.setting is None:
            self._run.warn_about_missing_events(events.names, self.stream_state.get("events", []))
        bookmark = Bookmark(self.stream_state, today=self._run.settings.today)
        seen_through = self._run.settings.end.isoformat()
        emitted = FingerprintCounts()
        read: list[Export] = []
        numberings: dict[Export, DuplicateNumbering] = {}
        for page in self._pages(events, bookmark):
            numbering = numberings.setdefault(page.export, DuplicateNumbering())
            yield from self._records(page, emitted, numbering, seen_through=seen_through)
            if page.ended:
                del numberings[page.export]
                read.append(page.export)
        self._write_bookmark(read, bookmark)

    def _pages(self, events: EventList, bookmark: Bookmark) -> Iterator[Page]:
        reader = self._reader()
        window_days = self._run.settings.window_days
        with reader.planning() as planner:
            for name, days in self._days_to_read(events, bookmark).items():
                planner.read(name, EstimatedProgress(days, window_days=window_days))
        for result in self._results(reader, events):
            if isinstance(result, Page):
                yield result

    def _days_to_read(self, events: EventList, bookmark: Bookmark) -> dict[str, Window]:
        known = self.stream_state.get("events", [])
        to_read = {}
        for event_name in events.names:
            # The bookmark is only for the events that were read before.
            days = (bookmark.first_day, bookmark.last_closed_day)
            first = self._first_day(*(days if event_name in known else (None, None)))
            to_read[event_name] = Window(first, self._run.settings.end)
        return to_read

    def _records(
        self,
        page: Page,
        emitted: FingerprintCounts,
        numbering: DuplicateNumbering,
        *,
        seen_through: str,
    ) -> Iterator[Record]:
        if not page.rows:
            return
        settings, export = self._run.settings, page.export
        bad_rows = PageBadRows(export.event_name, str(export.window), skip=settings.skip_bad_rows)
        profiles = read_profiles(page.rows, bad_rows)
        for profile in profiles:
            record = profile_record(
                profile, account_id=settings.account_id, seen_through=seen_through
            )
            key = bytes.fromhex(record["profile_key"])
            numbering.number([key], [0], walk=page.walk)
            (times_before,) = emitted.add([key])
            if not times_before:
                yield record
                self._stop_if_requested()
        if numbering.end_page():
            raise endless_export(str(export), MOST_PAGES_WITHOUT_NEW, "with the same rows")
        self._keep_bad_rows(export, bad_rows.end_page(len(profiles)))

    def _write_bookmark(self, exports: list[Export], bookmark: Bookmark) -> None:
        """Close the days of this run, for the events that were read to the end and not left out."""
        read = [each for each in exports if each.event_name not in self._skipped]
        opened = [export.closed_through for export in read if export.closed_through]
        if not opened:
            return
        last = min(self._run.settings.end, *opened)
        firsts = self._first_days(read, bookmark)
        if last < min(export.window.first for export in read):
            return
        state: dict[str, Any] = self.stream_state
        state["replication_key"] = self.replication_key
        state["replication_key_value"] = last.isoformat()
        state["first_day"] = max(firsts.values()).isoformat()
        state["events"] = sorted(firsts)
        self._mark_state_changed()

    def _first_days(self, read: list[Export], bookmark: Bookmark) -> dict[str, date]:
        """Return the first day of each event from which no day is missing."""
        firsts: dict[str, date] = {}
        for export in read:
            first = firsts.get(export.event_name, export.window.first)
            firsts[export.event_name] = min(first, export.window.first)
        known, closed = bookmark.first_day, bookmark.last_closed_day
        if known is None or closed is None:
            return firsts
        before = self.stream_state.get("events", [])
        return {
            name: min(first, known) if name in before and first <= closed + ONE_DAY else first
            for name, first in firsts.items()
        }
