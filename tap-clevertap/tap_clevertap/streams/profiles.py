"""The profiles stream: each user once in a run, and one bookmark for all of its events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import override

from tap_clevertap.counts.tasks import CountOptions, Recounted
from tap_clevertap.counts.users import UserCounts
from tap_clevertap.errors import endless_export
from tap_clevertap.exports.export import PROFILES, Export, Page
from tap_clevertap.exports.progress import EstimatedProgress
from tap_clevertap.exports.windows import ONE_DAY, Window
from tap_clevertap.lookups.lookup import Answer
from tap_clevertap.output.bad_rows import PageBadRows
from tap_clevertap.records.profiles import profile_record
from tap_clevertap.records.repeats import MOST_PAGES_WITHOUT_NEW, SeenKeys, WalkRepeats
from tap_clevertap.records.rows import read_profiles
from tap_clevertap.state.bookmarks import Bookmark
from tap_clevertap.streams.base import CleverTapStream
from tap_clevertap.streams.known_users import KnownUsers
from tap_clevertap.streams.schemas import PROFILES_SCHEMA

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from singer_sdk.helpers.types import Context, Record

    from tap_clevertap.config.event_names import EventList


class Profiles(CleverTapStream):
    """Who the users are: in each run one record for each person, or device of an unknown person.

    - A user may be in the exports of several events; only the first row becomes a record.
    - Everything runs in the main thread.
    """

    name = reads = "profiles"
    primary_keys: ClassVar[tuple[str, ...]] = ("profile_key",)
    replication_key = "seen_through"
    schema = PROFILES_SCHEMA
    endpoint = PROFILES

    @override
    def get_records(self, context: Context | None) -> Iterator[Record]:
        events = self._select_events().profile_events
        self._mark_state()
        self._run.report_names(self.stream_state, events, read_before=self.events_read_before())
        bookmark = Bookmark(self.stream_state, today=self._run.settings.today)
        seen_through = self._run.settings.end.isoformat()
        emitted = SeenKeys()
        read: list[Export] = []
        repeats: dict[Export, WalkRepeats] = {}
        if events.names or self._run.settings.known_users_file:
            self._run.progress.figures = lambda: self._figures(repeats)
        for page in self._pages(events, bookmark):
            walk = repeats.setdefault(page.export, WalkRepeats())
            yield from self._records(page, emitted, walk, seen_through=seen_through)
            if page.ended:
                del repeats[page.export]
                read.append(page.export)
        self._prove_empty(read)
        proved = [each for each in read if each.event_name not in self._run.receipt.absent_users]
        self._write_bookmark(proved, bookmark)
        if path := self._run.settings.known_users_file:
            yield from self._known_users(path, emitted, seen_through=seen_through)
        self._user_counts().report(fail=self._run.settings.verify_counts == "fail")

    def _user_counts(self) -> UserCounts:
        settings = self._run.settings
        options = CountOptions(settings.zone, settings.query.fragment)
        return UserCounts(options, self._run.receipt)

    def _prove_empty(self, read: Sequence[Export]) -> None:
        """Ask for the number of users of each event whose exports had no row."""
        if self._run.settings.verify_counts == "off":
            return
        with_rows = {export.event_name for export in read if export.pages}
        windows: dict[str, Window] = {}
        for export in read:
            name, closed = export.event_name, export.closed_through
            if name in with_rows or closed is None or name in self._skipped:
                continue
            days = windows.setdefault(name, export.window)
            last = min(closed, max(days.last, export.window.last))
            windows[name] = Window(min(days.first, export.window.first), last)
        counts = self._user_counts()
        tasks = counts.tasks(windows)
        for result in self._answers(tasks) if tasks else ():  # else threads start for nothing
            if isinstance(result, Recounted):
                counts.take(result)

    def _known_users(self, path: str, emitted: SeenKeys, *, seen_through: str) -> Iterator[Record]:
        settings = self._run.settings
        users = KnownUsers(
            path,
            settings.account_id,
            settings.not_ready_patience,
            emitted,
        )
        for answer in self._answers(users.lookups()):
            if isinstance(answer, Answer):
                profiles = users.profiles(answer)
                yield from self._new_records(profiles, emitted, [], seen_through=seen_through)
        message = (
            "known_users_file: %d of the %d users that were asked for are unknown to CleverTap"
        )
        if users.unknown:
            self.logger.warning(message, users.unknown, users.asked)

    def _pages(self, events: EventList, bookmark: Bookmark) -> Iterator[Page]:
        reader = self._reader()
        window_days = self._run.settings.window_days
        with reader.planning() as planner:
            for name, days in self._days_to_read(events, bookmark).items():
                planner.read(name, EstimatedProgress(days, window_days=window_days))
        for result in self._results(reader, events):
            if isinstance(result, Page):
                yield result

    @override
    def events_read_before(self) -> set[str]:
        return {*self.stream_state.get("events", []), *self.stream_state.get("paused", {})}

    def _days_to_read(self, events: EventList, bookmark: Bookmark) -> dict[str, Window]:
        known = self._known_days(bookmark)
        nothing: tuple[None, None] = (None, None)
        return {
            name: Window(self._first_day(*known.get(name, nothing)), self._run.settings.end)
            for name in events.names
        }

    def _known_days(self, bookmark: Bookmark) -> dict[str, tuple[date | None, date | None]]:
        """Return the first and the last closed day of each event that was read before.

        The bookmark is for the events of the last run. An event that was not among them is paused,
        with the days that it had then.
        """
        today = self._run.settings.today
        paused = {
            name: Bookmark(days, today=today)
            for name, days in self.stream_state.get("paused", {}).items()
        }
        known = {**paused, **dict.fromkeys(self.stream_state.get("events", []), bookmark)}
        return {name: (each.first_day, each.last_closed_day) for name, each in known.items()}

    def _records(
        self,
        page: Page,
        emitted: SeenKeys,
        repeats: WalkRepeats,
        *,
        seen_through: str,
    ) -> Iterator[Record]:
        if not page.rows:
            return
        settings, export = self._run.settings, page.export
        bad_rows = PageBadRows(export.event_name, str(export.window), skip=settings.skip_bad_rows)
        keys: list[bytes] = []
        profiles = read_profiles(page.rows, bad_rows)
        yield from self._new_records(profiles, emitted, keys, seen_through=seen_through)
        if repeats.end_page(keys, walk=page.walk):
            raise endless_export(str(export), MOST_PAGES_WITHOUT_NEW, "with the same rows")
        self._keep_bad_rows(export, bad_rows.end_page(len(keys)))

    def _new_records(
        self,
        profiles: Iterable[Record],
        emitted: SeenKeys,
        keys: list[bytes],
        *,
        seen_through: str,
    ) -> Iterator[Record]:
        """Yield the records of users that are new in the run, and add the keys of all."""
        account_id = self._run.settings.account_id
        for profile in profiles:
            record = profile_record(profile, account_id=account_id, seen_through=seen_through)
            key = bytes.fromhex(record["profile_key"])
            keys.append(key)
            if emitted.add(key):
                yield record
                self._stop_if_requested()

    def _write_bookmark(self, exports: list[Export], bookmark: Bookmark) -> None:
        """Close the days of this run, for the events that were read to the end and not left out."""
        read = [each for each in exports if each.event_name not in self._skipped]
        opened = [export.closed_through for export in read if export.closed_through]
        if not opened:
            return
        last = min(self._run.settings.end, *opened)
        known = self._known_days(bookmark)
        firsts = self._first_days(read, known)
        if last < min(export.window.first for export in read):
            return
        state: dict[str, Any] = self.stream_state
        state["replication_key"] = self.replication_key
        state["replication_key_value"] = last.isoformat()
        state["first_day"] = max(firsts.values()).isoformat()
        state["events"] = sorted(firsts)
        self._write_paused(state, {name: known[name] for name in known.keys() - firsts})
        self._mark_state_changed()

    @staticmethod
    def _write_paused(
        state: dict[str, Any], days: Mapping[str, tuple[date | None, date | None]]
    ) -> None:
        """Keep the days of events that were not read, to continue there when they are back."""
        state.pop("paused", None)
        paused = {
            name: {"first_day": str(first), "replication_key_value": str(last)}
            for name, (first, last) in sorted(days.items())
            if first is not None and last is not None
        }
        if paused:
            state["paused"] = paused

    @staticmethod
    def _first_days(
        read: list[Export], known: Mapping[str, tuple[date | None, date | None]]
    ) -> dict[str, date]:
        """Return the first day of each event from which no day is missing."""
        firsts: dict[str, date] = {}
        for export in read:
            first = firsts.get(export.event_name, export.window.first)
            firsts[export.event_name] = min(first, export.window.first)
        for name, first in firsts.items():
            begun, closed = known.get(name, (None, None))
            if begun is not None and closed is not None and first <= closed + ONE_DAY:
                firsts[name] = min(first, begun)
        return firsts
