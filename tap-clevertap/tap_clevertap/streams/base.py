"""The base of both streams: read exports, write records and states, leave events out."""

from __future__ import annotations

import os
import sys
from collections import Counter
from contextlib import contextmanager
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, ClassVar, cast

from singer_sdk.mapper import SameRecordTransform
from singer_sdk.metrics import DEFAULT_LOG_INTERVAL
from singer_sdk.singerlib.catalog import REPLICATION_FULL_TABLE
from typing_extensions import override

from tap_clevertap._plugin.shown import shown
from tap_clevertap.api.outcomes import EventUnknown
from tap_clevertap.config.event_names import NO_EVENTS, NOT_EXPORTED, unknown_names
from tap_clevertap.errors import CleverTapError
from tap_clevertap.exports.export import Endpoint, Export, ExportOptions, Page
from tap_clevertap.exports.planner import Planner
from tap_clevertap.exports.reader import OPEN_TASKS, ExportReader
from tap_clevertap.exports.windows import first_day_to_read
from tap_clevertap.output.batches import BatchFiles, read_batch_config
from tap_clevertap.output.state_cadence import StateCadence
from tap_clevertap.progress.figures import Figures
from tap_clevertap.progress.row_counter import RowCounter
from tap_clevertap.records.exact_json import encode_json
from tap_clevertap.records.replaced_text import count_replaced, has_replaced
from tap_clevertap.records.stream_map_numbers import with_exact_numbers, with_floats
from tap_clevertap.state.bookmarks import check_days
from tap_clevertap.state.state_checks import check_timezone, mark_state
from tap_clevertap.streams.sdk_defaults import StreamWithoutDefaults
from tap_clevertap.streams.stream_map_errors import translate_map_errors

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from singer_sdk import Tap
    from singer_sdk.helpers._batch import BatchConfig
    from singer_sdk.helpers.types import Context, Record
    from singer_sdk.singerlib import RecordMessage

    from tap_clevertap.config.event_names import EventList
    from tap_clevertap.exports.tasks import Result, Task
    from tap_clevertap.records.lines import Lines
    from tap_clevertap.records.stream_map_numbers import ExactNumbers
    from tap_clevertap.run import RunContext, SelectedEvents
    from tap_clevertap.tap import TapCleverTap

OWNER_ONLY = 0o077


class CleverTapStream(StreamWithoutDefaults):
    """Reads several exports at a time, and moves its bookmarks by closed days.

    - The SDK calls `sync` in the main thread, which also runs everything here.
    - A `CleverTapError` ends the run, after the state of what was read until then is written.

    Args:
        tap: Of the run.
        run: What the streams of the run share.
    """

    endpoint: ClassVar[Endpoint]
    reads: ClassVar[str]
    """`events` or `profiles`."""
    _tap: TapCleverTap

    def __init__(self, tap: Tap, run: RunContext) -> None:
        super().__init__(tap)
        self._run = run
        self._skipped: dict[str, str] = {}
        """Events that are left out, with the reason."""
        self._bad_rows: Counter[str] = Counter()
        self._exact_numbers: ExactNumbers = {}
        self._is_mapped = bool(self.config.get("stream_maps"))
        self._state_cadence = StateCadence()
        self._batches: BatchFiles | None = None
        self._rows: RowCounter | None = None

    # Progress

    @override
    def get_record_counter(
        self, *, endpoint: str | None = None, log_interval: float = DEFAULT_LOG_INTERVAL
    ) -> RowCounter:
        counter = super().get_record_counter(endpoint=endpoint, log_interval=log_interval)
        self._rows = RowCounter(counter.metric, counter.tags, counter.log_interval)
        return self._rows

    def _figures(self, exports: Collection[Export]) -> Figures:
        """Return the progress; another thread calls it.

        Args:
            exports: Those whose rows are being read.
        """
        rows = self._rows.total if self._rows is not None else 0
        names = dict.fromkeys(export.event_name for export in [*exports])
        return Figures(self.name, rows, events=[*names])

    # Records

    @override
    def _sync_records(
        self, context: Context | None = None, *, write_messages: bool = True
    ) -> Generator[Record, Any, None]:
        with self._write_state_on_failure():
            yield from super()._sync_records(context, write_messages=write_messages)

    @override
    def _process_record(
        self,
        record: Record,
        child_context: Context | None = None,
        partition_context: Context | None = None,
    ) -> None:
        with translate_map_errors(self.name, is_mapped=self._is_mapped):  # of the map's filter
            super()._process_record(record, child_context, partition_context)

    @override
    def post_process(self, row: Record, context: Context | None = None) -> Record | None:
        if not self._is_mapped:
            return row
        # Expressions, and json.dumps in them, do not accept decimals.
        plain, self._exact_numbers = with_floats(row)
        return plain

    @override
    def _generate_record_messages(self, record: Record) -> Generator[RecordMessage, None, None]:
        for message in super()._generate_record_messages(record):
            if self._exact_numbers:
                message.record = with_exact_numbers(message.record, self._exact_numbers)
            self._run.receipt.add_replaced(message.stream, has_replaced(message.record))
            yield message

    @override
    def _write_record_message(self, record: Record) -> None:
        with translate_map_errors(self.name, is_mapped=self._is_mapped):
            if self._batches is None:
                super()._write_record_message(record)
            else:
                for message in self._generate_record_messages(record):
                    self._batches.write(message.stream, encode_json(message.record) + b"\n", 1)
        self._mark_state_outdated()

    def _write_lines(self, lines: Lines) -> None:
        """Write encoded records to standard output, or to a batch file."""
        self._run.receipt.add_replaced(self.name, count_replaced(lines))
        if self._batches is not None:
            self._batches.write(self.name, lines.content, len(lines))
        else:
            sys.stdout.buffer.write(lines.content)
            sys.stdout.buffer.flush()
        self._mark_state_outdated()

    def _is_plain(self) -> bool:
        """Whether the SDK would write records unchanged: none mapped, deselected or limited."""
        return (
            all(self.mask.values())
            and all(type(each) is SameRecordTransform for each in self.stream_maps)
            and self.ABORT_AT_RECORD_COUNT is None
            and self._stream_version is None
        )

    @override
    def get_batch_config(self, config: Mapping[str, Any]) -> BatchConfig | None:
        return read_batch_config(config)

    @override
    def _sync_batches(self, batch_config: BatchConfig, context: Context | None = None) -> None:
        # The SDK would ignore stream maps and selection.
        os.umask(OWNER_ONLY)
        self._batches = BatchFiles(batch_config, self.tap_name, self._tap.write_message)
        for _ in self._sync_records(context):
            pass

    # Exports

    def _select_events(self) -> SelectedEvents:
        streams = cast("Iterable[CleverTapStream]", self._tap.streams.values())
        selected = [stream for stream in streams if stream.selected]
        timezone = self._run.settings.timezone
        self._run.check_state(self.tap_state.get("bookmarks", {}))
        for stream in selected:
            stream.check_settings()
            check_timezone(stream.stream_state, stream=stream.name, timezone=timezone)
            check_days(stream.stream_state, today=self._run.settings.today)
        read_before = {name for stream in selected for name in stream.events_read_before()}
        return self._run.select_events({stream.reads for stream in selected}, read_before)

    def check_settings(self) -> None:
        """Refuse settings with which this stream cannot be read, before any stream is.

        Raises:
            SettingError: If one is missing.
        """
        self._run.check_passcode()

    def events_read_before(self) -> set[str]:
        """Return the names of events in the stream's state of which days were read."""
        raise NotImplementedError

    def _reader(self) -> ExportReader:
        settings = self._run.settings
        options = ExportOptions(
            settings.page_size, settings.not_ready_patience, settings.zone, settings.query
        )
        make_export = partial(Export, self.endpoint, options=options)
        planner = Planner(make_export, max_in_flight=settings.max_in_flight)
        return ExportReader(self._run.client, planner, max_in_flight=settings.max_in_flight)

    def _results(self, reader: ExportReader, events: EventList) -> Iterator[Result]:
        """Yield the pages and counts as they arrive; some events may be left out.

        Args:
            reader: With the first tasks.
            events: The events, and the setting that lists them.
        """
        for result in reader.read():
            self._run.progress.start()  # after the threads of the reader, which are needed
            self._stop_if_requested()
            if self._state_cadence.is_due(has_batches=self._batches is not None):
                self._write_state_message()
            if result is None:
                continue
            if isinstance(result, Page) and result.skipped:
                self._leave_out_event(result, events)
            else:
                yield result

    def _answers(self, tasks: Iterable[Task]) -> Iterator[Result]:
        """Yield what tasks give, in any order; a task is made when others have ended."""
        waiting = iter(tasks)
        reader = self._reader()
        self._add_tasks(reader, waiting, OPEN_TASKS)
        for result in self._results(reader, NO_EVENTS):
            yield result
            self._add_tasks(reader, waiting, 1)

    def _add_tasks(self, reader: ExportReader, waiting: Iterator[Task], number: int) -> None:
        tasks = list(islice(waiting, number))
        with reader.planning() as planner:
            planner.add(tasks)

    def _leave_out_event(self, page: Page, events: EventList) -> None:
        name = page.export.event_name
        if page.skipped is EventUnknown and events.setting:
            raise unknown_names(events.setting, [name])
        if name in self._skipped:
            return
        unknown = "CleverTap's schema has it, its export does not know it"
        reason = unknown if page.skipped is EventUnknown else NOT_EXPORTED
        self._skipped[name] = reason
        self.logger.warning("event %s is left out: %s", shown(name), reason)

    def _keep_bad_rows(self, export: Export, rows: Sequence[str]) -> None:
        """Write bad rows to their file, before a day of theirs is closed."""
        if rows:
            self._run.bad_rows.append(export.event_name, str(export.window), rows)
            self._bad_rows[export.event_name] += len(rows)

    def _log_bad_rows(self) -> None:
        for event_name, count in self._bad_rows.items():
            path = self._run.bad_rows.path
            message = "%s: %d rows of %s could not be read and were set aside; look at them in %s"
            self.logger.warning(message, self.name, count, shown(event_name), shown(path))
        self._bad_rows.clear()

    def _first_day(self, first_day: date | None, last_closed_day: date | None) -> date:
        settings = self._run.settings
        if self.replication_method == REPLICATION_FULL_TABLE:
            return settings.start
        return first_day_to_read(
            start=settings.start,
            first_day=first_day,
            last_closed_day=last_closed_day,
            today=settings.today,
            lookback_days=settings.lookback_days,
        )

    # State

    @override
    def _write_schema_message(self) -> None:
        super()._write_schema_message()
        if self._tap.state_writer.has_written:
            self._mark_state_outdated()

    @override
    def _write_state_message(self) -> None:
        if self._batches is not None:
            if self._batches.has_failed:
                return
            self._batches.finish()
        super()._write_state_message()
        self._state_cadence.mark_written()

    @contextmanager
    def _write_state_on_failure(self) -> Iterator[None]:
        """Write the state of what was read, also if the run ends early."""
        try:
            yield
        except (CleverTapError, MemoryError):
            self._write_state_message()
            raise
        finally:
            self._log_bad_rows()

    def _stop_if_requested(self) -> None:
        if self._run.stop_requested:
            self._write_state_message()
            self._run.exit_for_signal()

    def _mark_state(self) -> None:
        """Write what the bookmarks depend on into the state."""
        settings = self._run.settings
        query = settings.query.digest
        if mark_state(self.stream_state, timezone=settings.timezone, query=query):
            self._run.warn_about_changed_query()
        self._run.bind_state(self.tap_state["bookmarks"], has_read=False)

    def _mark_state_changed(self) -> None:
        """Note that days were closed; the state is written soon."""
        self._run.bind_state(self.tap_state["bookmarks"], has_read=True)
        self._state_cadence.mark_changed()
        self.state_manager.is_flushed = False

    def _mark_state_outdated(self) -> None:
        """Note that a message follows the last STATE, so that one more is written."""
        self._tap.state_writer.mark_followed()
        self.state_manager.is_flushed = False
