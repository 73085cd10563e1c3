"""What both streams have in common: reading exports, leaving events out, writing the state."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk import Stream
from singer_sdk.exceptions import MappingError
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.mapper import SameRecordTransform
from singer_sdk.singerlib.catalog import REPLICATION_FULL_TABLE
from typing_extensions import override

from tap_clevertap._plugin.shown import shown
from tap_clevertap.api.outcomes import EventUnknown
from tap_clevertap.config.event_names import WHERE_NOTIFICATIONS_ARE, unknown_names
from tap_clevertap.errors import CleverTapError, SettingError
from tap_clevertap.exports.export import Export, Page, Source, Terms
from tap_clevertap.exports.planner import Schedule
from tap_clevertap.exports.reader import Reader
from tap_clevertap.exports.windows import first_day_to_read
from tap_clevertap.output.batches import Batches, read_batch_config
from tap_clevertap.records.exact_json import encode_json
from tap_clevertap.records.stream_map_numbers import with_exact_numbers, with_floats
from tap_clevertap.state.bookmarks import check_timezone, mark_state

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping, Sequence
    from datetime import date

    from singer_sdk import Tap
    from singer_sdk.helpers._batch import BatchConfig
    from singer_sdk.helpers.types import Context, Record
    from singer_sdk.singerlib import RecordMessage

    from tap_clevertap.config.event_names import EventList
    from tap_clevertap.exports.windows import Window
    from tap_clevertap.records.stream_map_numbers import ExactNumbers
    from tap_clevertap.run import Plan, Run
    from tap_clevertap.tap import TapCleverTap

EXPRESSION_FAULTS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What a stream map's expression raises on a value it was not written for."""
ONLY_FOR_OWNER = 0o077
STATE_SECONDS = 1.0
"""At most one state message in this time: with hundreds of events each is large."""
BATCHES_STATE_SECONDS = 60.0
"""The same for batches, whose files end with each."""


class CleverTapStream(Stream):
    """Reads exports side by side, and moves its own bookmarks by closed days."""

    source: ClassVar[Source]
    _tap: TapCleverTap
    # States are written as days close.
    STATE_MSG_FREQUENCY = sys.maxsize
    # The records are built to the schema, field by field.
    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE

    def __init__(self, tap: Tap, run: Run) -> None:
        super().__init__(tap)
        self._run = run
        self._skipped: set[str] = set()
        self._bad_rows: Counter[str] = Counter()
        self._exact: ExactNumbers = {}
        self._is_mapped = bool(self.config.get("stream_maps"))
        self._state_written = time.monotonic()
        self._batches: Batches | None = None
        self._days_closed = False

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
    def get_replication_key_signpost(self, context: Context | None = None) -> None:
        # The SDK would keep the time of the run in the state, to cap a bookmark by record.
        return

    @override
    def log(self, message: str, *args: Any, **options: Any) -> None:
        # The SDK announces as unhandled what the tap then ends with, in words of its own.
        if not message.startswith("An unhandled error"):
            super().log(message, *args, **options)

    @override
    def _sync_records(
        self, context: Context | None = None, *, write_messages: bool = True
    ) -> Generator[Record, Any, None]:
        with self._keeping_state():
            yield from super()._sync_records(context, write_messages=write_messages)

    @override
    def _write_record_message(self, record: Record) -> None:
        with self._telling_map_faults():
            self._write_record(record)

    @override
    def _process_record(
        self,
        record: Record,
        child_context: Context | None = None,
        partition_context: Context | None = None,
    ) -> None:
        with self._telling_map_faults():  # it asks the map's filter
            super()._process_record(record, child_context, partition_context)

    @contextmanager
    def _telling_map_faults(self) -> Iterator[None]:
        try:
            yield
        except (MappingError, *EXPRESSION_FAULTS) as error:
            if not self._is_mapped:
                raise
            # The error's text may hold the value it stumbled upon.
            kind = type(error).__name__
            message = (
                f"stream_maps.{self.name}: an expression fails on a record ({kind}); "
                "think of fields that are null or missing"
            )
            raise SettingError(message) from None

    def _write_record(self, record: Record) -> None:
        if self._batches is None:
            super()._write_record_message(record)
        else:
            for message in self._generate_record_messages(record):
                self._batches.add(message.stream, encode_json(message.record) + b"\n", 1)
        self._state_is_not_last()

    @override
    def post_process(self, row: Record, context: Context | None = None) -> Record | None:
        if not self._is_mapped:
            return row
        # Expressions in stream maps, and json.dumps in them, do not take decimals.
        plain, self._exact = with_floats(row)
        return plain

    @override
    def _generate_record_messages(self, record: Record) -> Generator[RecordMessage, None, None]:
        for message in super()._generate_record_messages(record):
            if self._exact:
                message.record = with_exact_numbers(message.record, self._exact)
            yield message

    def _is_plain(self) -> bool:
        """Whether the SDK would pass records on as they are: nothing mapped, left out, counted."""
        return (
            all(self.mask.values())
            and all(type(each) is SameRecordTransform for each in self.stream_maps)
            and self.ABORT_AT_RECORD_COUNT is None
            and self._stream_version is None
        )

    def _write_lines(self, lines: bytes, records: int) -> None:
        """Write records, as messages or for a batch."""
        if self._batches is not None:
            self._batches.add(self.name, lines, records)
        else:
            sys.stdout.buffer.write(lines)
            sys.stdout.buffer.flush()
        self._state_is_not_last()

    @override
    def _write_schema_message(self) -> None:
        super()._write_schema_message()
        if self._tap.state_writer.has_written:
            self._state_is_not_last()

    def _state_is_not_last(self) -> None:
        self._tap.state_writer.followed()
        self.state_manager.is_flushed = False

    @override
    def _write_state_message(self) -> None:
        if self._batches is not None:
            if self._batches.has_failed:
                return
            self._batches.finish()
        super()._write_state_message()
        self._days_closed = False

    @override
    def get_batch_config(self, config: Mapping[str, Any]) -> BatchConfig | None:
        return read_batch_config(config)

    @override
    def _sync_batches(self, batch_config: BatchConfig, context: Context | None = None) -> None:
        # The SDK would write records without stream maps, and with columns that are left out.
        os.umask(ONLY_FOR_OWNER)
        self._batches = Batches(batch_config, self.tap_name, self._tap.write_message)
        for _ in self._sync_records(context):
            pass

    def _plan(self) -> Plan:
        selected = [stream for stream in self._tap.streams.values() if stream.selected]
        timezone = self._run.settings.timezone
        self._run.check_state(self.tap_state.get("bookmarks", {}))
        for stream in selected:
            check_timezone(stream.stream_state, stream=stream.name, timezone=timezone)
        return self._run.plan({stream.name for stream in selected})

    def _pages(self, planned: Mapping[str, Window], events: EventList) -> Iterator[Page]:
        """Yield the pages of the exports as they arrive; some events may be left out.

        Args:
            planned: The days to read of each event.
            events: Where their names are from.
        """
        settings = self._run.settings
        terms = Terms(settings.page_size, settings.not_ready_patience, settings.zone)
        export = partial(Export, self.source, terms=terms)
        exports = Schedule(planned, export, max_in_flight=settings.max_in_flight)
        reader = Reader(self._run.client, max_in_flight=settings.max_in_flight)
        for page in reader.read(exports):
            self._stop_if_asked()
            self._write_state_now_and_then()
            if page is None:
                continue
            if page.skipped:
                self._skip(page, events)
            else:
                yield page

    def _set_aside(self, export: Export, rows: Sequence[str]) -> None:
        """Keep rows that cannot become records, before a day of theirs is closed."""
        if rows:
            self._run.bad_rows.append(export.event_name, str(export.window), rows)
            self._bad_rows[export.event_name] += len(rows)

    def _say_what_was_set_aside(self) -> None:
        for event_name, count in self._bad_rows.items():
            path = self._run.bad_rows.path
            message = "%s: %d rows of %s could not be read and were set aside; look at them in %s"
            self.logger.warning(message, self.name, count, shown(event_name), shown(path))
        self._bad_rows.clear()

    @contextmanager
    def _keeping_state(self) -> Iterator[None]:
        """Write the state where the run ends early, for what was read until then."""
        try:
            yield
        except (CleverTapError, MemoryError):
            self._write_state_message()
            raise
        finally:
            self._say_what_was_set_aside()

    def _stop_if_asked(self) -> None:
        if self._run.is_to_end:
            self._write_state_message()
            self._run.exit_for_signal()

    def _write_state_now_and_then(self) -> None:
        seconds = STATE_SECONDS if self._batches is None else BATCHES_STATE_SECONDS
        if self._days_closed and time.monotonic() - self._state_written >= seconds:
            self._write_state_message()
            self._state_written = time.monotonic()

    def _skip(self, page: Page, events: EventList) -> None:
        name = page.export.event_name
        if page.skipped is EventUnknown and events.setting:
            raise unknown_names(events.setting, [name])
        if name in self._skipped:
            return
        self._skipped.add(name)
        unknown = "CleverTap's schema has it, its export does not know it"
        reason = unknown if page.skipped is EventUnknown else WHERE_NOTIFICATIONS_ARE
        self.logger.warning("event %s is left out: %s", shown(name), reason)

    def _mark_state(self) -> None:
        mark_state(self.stream_state, timezone=self._run.settings.timezone)
        self._run.bind_state(self.tap_state["bookmarks"], has_read=False)

    def _closed(self) -> None:
        """Note that the state changed, to be written soon."""
        self._run.bind_state(self.tap_state["bookmarks"], has_read=True)
        self._days_closed = True
        self.state_manager.is_flushed = False

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
