"""Typed streams: a stream for each event, all read at the same time by the first one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_sdk.singerlib.catalog import REPLICATION_FULL_TABLE
from typing_extensions import override

from tap_clevertap._plugin.shown import shown
from tap_clevertap.config.schema import PER_EVENT
from tap_clevertap.records.events import EventStream
from tap_clevertap.records.lines import Lines
from tap_clevertap.state.layouts import was_read
from tap_clevertap.state.name_changes import DISCARDED, MISSING, note
from tap_clevertap.state.state_checks import mark_state
from tap_clevertap.streams.events import Events
from tap_clevertap.typed.columns import TypedColumns
from tap_clevertap.typed.drift import drift_result, drift_text
from tap_clevertap.typed.given_columns import Comparison, mark_columns
from tap_clevertap.typed.layout import kept_streams

if TYPE_CHECKING:
    import logging
    from collections.abc import Generator, Iterator, Sequence
    from datetime import date

    from singer_sdk import Tap
    from singer_sdk.helpers.types import Context, Record

    from tap_clevertap.config.event_names import EventList
    from tap_clevertap.output.bad_rows import PageBadRows
    from tap_clevertap.output.batches import BatchFiles
    from tap_clevertap.progress.figures import Figures
    from tap_clevertap.progress.row_counter import RowCounter
    from tap_clevertap.records.events import Number
    from tap_clevertap.run import RunContext
    from tap_clevertap.state.bookmarks import Bookmark
    from tap_clevertap.typed.layout import TypedEvent


class TypedEvents(Events):
    """One event, with a column for each of its properties.

    - The SDK calls `sync` of one stream after the other. The first reads the events of all, because
      CleverTap prepares exports slowly, and several at a time.
    - With a record limit each stream reads its own event.
    - Everything runs in the main thread.

    Args:
        tap: Of the run.
        run: What the streams of the run share.
        event: The event.
        schema: Of the stream.
    """

    layout = PER_EVENT

    def __init__(
        self, tap: Tap, run: RunContext, event: TypedEvent, schema: dict[str, Any]
    ) -> None:
        self.name = event.stream
        self.schema = schema
        super().__init__(tap, run)
        self.event = event
        self.columns = TypedColumns(event.columns, event.declared)
        self._group: dict[str, TypedEvents] = {event.event_name: self}
        self._has_begun = False
        self._has_version = False
        self._was_read = False
        self._is_lines = False
        self._records_written = 0
        self._rows_of_all: RowCounter | None = None
        """Of the pass over all events."""
        self._compared = Comparison([], [])

    @property
    @override
    def logger(self) -> logging.Logger:
        # Not the first stream's: its messages are about all events.
        logger: logging.Logger = self._tap.logger
        return logger

    # All events in one pass

    @override
    def _sync_records(
        self, context: Context | None = None, *, write_messages: bool = True
    ) -> Generator[Record, Any, None]:
        if self.ABORT_AT_RECORD_COUNT is not None or not write_messages:
            yield from super()._sync_records(context, write_messages=write_messages)
            return
        if not self._was_read:
            with self.get_sync_timer(), self._write_state_on_failure():
                self._read_all()
            self._write_state_message()
        with self.get_record_counter() as counter:
            counter.increment(self._records_written)

    def _read_all(self) -> None:
        self._group = {
            stream.event.event_name: stream
            for stream in self._tap.streams.values()
            if isinstance(stream, TypedEvents) and stream.selected
        }
        for stream in self._group.values():
            stream.begin(self._batches)
        encode = self._encoder().encode

        def convert(
            rows: memoryview | bytes, number: Number, event: EventStream, bad_rows: PageBadRows
        ) -> Iterator[Lines | list[Record]]:
            is_plain = self._group[event.name].takes_lines
            return (encode if is_plain else self._records)(rows, number, event, bad_rows)

        try:
            # Of the progress: the counter of each stream is logged when the SDK comes to it.
            counter = self._rows_of_all = self.get_record_counter()
            for event_name, some in self._converted_pages(convert):
                self._group[event_name].write(some)
                counter.value += len(some)
                self._mark_state_outdated()
                self._stop_if_requested()
        finally:
            for stream in self._group.values():
                stream.report_drift()

    @override
    def _planned_figures(self) -> Figures:
        figures = super()._planned_figures()
        if self._rows_of_all is None:
            return figures
        return figures._replace(stream=Events.name, rows=self._rows_of_all.total)

    def begin(self, batches: BatchFiles | None) -> None:
        """Write the SCHEMA message, before the records of all streams.

        Args:
            batches: The files of the run, or None.
        """
        self._batches = batches
        self._was_read = True
        if not self._has_begun:
            self._begin_as_sdk()
        self._is_lines = self._is_plain()

    def _begin_as_sdk(self) -> None:
        self._write_schema_message()
        if (
            self.replication_method == REPLICATION_FULL_TABLE
            and self.emit_activate_version_messages
        ):
            self._stream_version = self._initialized_at // 1000  # as the SDK does
            self._write_activate_version_message(self._stream_version)

    @property
    def takes_lines(self) -> bool:
        """Whether `write` expects encoded lines, not records."""
        return self._is_lines

    def write(self, some: Lines | Sequence[Record]) -> None:
        """Write records of this event, encoded or not."""
        if isinstance(some, Lines):
            self._write_lines(some)
        else:
            for record in some:
                processed = self.post_process(record)
                if processed is not None:
                    self._process_record(processed)
                    self._write_record_message(processed)
        self._records_written += len(some)

    @override
    def _write_schema_message(self) -> None:
        if not self._has_begun:
            self._has_begun = True
            super()._write_schema_message()

    @override
    def _write_activate_version_message(self, full_table_version: int) -> None:
        if not self._has_version:
            self._has_version = True
            super()._write_activate_version_message(full_table_version)

    # Of each event

    @override
    def _names_to_read(self, events: EventList) -> Sequence[str]:
        return [name for name in events.names if name in self._group]

    @override
    def _event_stream(self, event_name: str) -> EventStream:
        stream = self._group[event_name]
        return EventStream(event_name, stream.name, stream.columns)

    @override
    def _bookmark_state(self, event_name: str) -> dict[str, Any]:
        return self._group[event_name].get_context_state({"event_name": event_name})

    @override
    def _first_day_of(self, bookmark: Bookmark, event_name: str) -> date:
        stream = self._group[event_name]
        return stream._first_day(bookmark.first_day, bookmark.last_closed_day)  # noqa: SLF001 - of this class

    @override
    def _mark_state(self) -> None:
        settings = self._run.settings
        for stream in self._group.values():
            state, query = stream.stream_state, settings.query.digest
            if mark_state(state, timezone=settings.timezone, query=query):
                self._run.warn_about_changed_query()
            stream.keep_columns()
        self._run.bind_state(self.tap_state["bookmarks"], has_read=False)

    @override
    def _report_names(self, events: EventList) -> None:
        states = self._states_by_event()
        read_before = self.events_read_before()
        # Each event has a state of its own, which remembers what was reported of it.
        reported = {
            kind: [name for name, state in states.items() if name in state.get(kind, ())]
            for kind in (MISSING, DISCARDED)
        }
        appeared = [name for name in events.names if name not in states] if read_before else []
        self._run.report_names(reported, events, read_before=read_before, appeared=appeared)
        states |= {name: stream.stream_state for name, stream in self._group.items()}
        for name, state in states.items():
            for kind in (MISSING, DISCARDED):
                note(state, kind, [name] if name in reported.get(kind, ()) else [])

    @override
    def events_read_before(self) -> set[str]:
        states = self._states_by_event()
        return {name for name, state in states.items() if was_read(state)}

    def _states_by_event(self) -> dict[str, dict[str, Any]]:
        """Return the state of each typed stream of this or an earlier run, by its event."""
        bookmarks: dict[str, Any] = self.tap_state.get("bookmarks", {})
        return {name: bookmarks[stream] for name, stream in kept_streams(bookmarks).items()}

    def keep_columns(self) -> None:
        """Keep the names of the columns in the state, and compare them with earlier runs."""
        self._compared = mark_columns(self.stream_state, self.event)

    def report_drift(self) -> None:
        """Log what getSchema and the rows no longer have in common, and keep it for the receipt."""
        result = self._run.receipt.event(self.event.event_name)
        result.drift = drift_result(self._compared, self.columns)
        if text := drift_text(self._compared, self.columns):
            self.logger.warning("%s: %s", shown(self.name), text)
