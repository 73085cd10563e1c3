"""The target's life: Singer messages in, states out, signals and the exit status."""

from __future__ import annotations

import logging
import sys
import time
from typing import IO, TYPE_CHECKING, Any

from typing_extensions import override

from target_clevertap.cli.options import TargetOptions
from target_clevertap.config.settings import RunSettings
from target_clevertap.config.taking_over import OF_REJECTS
from target_clevertap.errors import (
    InputError,
    Interrupted,
    RecordBeforeSchemaError,
    SettingError,
    TooManyRejects,
)
from target_clevertap.records.endpoints import UPLOAD
from target_clevertap.run import Run, start_run
from target_clevertap.run_log import log_what_is_missing
from target_clevertap.singer.batch_message import read_batch
from target_clevertap.singer.batch_rows import left_out_warnings, take_batch
from target_clevertap.singer.mapped_records import translate_map_errors
from target_clevertap.singer.place import InputPlace
from target_clevertap.singer.reader import MessageReader
from target_clevertap.singer.schema_message import read_schema, schema_key, with_partial
from target_clevertap.singer.stream_builder import StreamBuilder
from target_clevertap.singer.stream_changes import StreamChanges, numbered
from target_clevertap.singer.stream_maps import stream_maps_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import FrameType

    from target_clevertap.singer.lines import Line
    from target_clevertap.singer.streams import Stream

GRACE_SECONDS = 10.0
"""How long a signal lets requests in flight end."""


class TargetCleverTap(TargetOptions):
    """Delivers any Singer stream to CleverTap, as events and profiles."""

    message_reader_class = MessageReader
    message_reader: MessageReader

    def __init__(self, **settings: Any) -> None:  # noqa: ANN401 - the SDK's own arguments
        """Read the settings; files and connections are opened with the first input."""
        self._run: Run | None = None
        self._streams: dict[str, Stream] = {}
        self._seen: set[str] = set()
        self._warned: set[str] = set()
        super().__init__(**settings)
        self._settings = RunSettings.from_config(self.config)
        self._changes = StreamChanges(self._settings.rules)

    @override
    @property
    def run_settings(self) -> RunSettings:
        return self._settings

    @override
    def setup_mapper(self) -> None:
        with translate_map_errors():
            super().setup_mapper()

    @override
    def run(self, file_input: IO[str] | None = None) -> None:
        closed = sys.stdout is None or (file_input is None and sys.stdin is None)
        if closed:
            name, needed = ("output", "a reader") if sys.stdout is None else ("input", "a tap")
            message = f"standard {name}: it is closed; give it {needed} or a file"
            raise SettingError(message)
        try:
            self._take_all(file_input)
            self.process_endofpipe()
        except (InputError, SettingError):
            if self._run is not None:
                self._run.delivery.finish()  # what came before the fault is delivered
            raise
        finally:
            self._end()

    def _take_all(self, file_input: IO[str] | None) -> None:
        """Take the input to its end, and do what is due in between."""
        reader = self.message_reader
        reader.open(file_input)
        delivery = self._started.delivery
        callbacks = {
            "RECORD": self._process_record_message,
            "SCHEMA": self._process_schema_message,
            "STATE": self._process_state_message,
            "ACTIVATE_VERSION": self._process_activate_version_message,
            "BATCH": self._process_batch_message,
        }
        for messages in reader.chunks(delivery.seconds_until_due):
            if messages is None:
                self._between_pieces()
                continue
            before, taken = reader.line_number, 0
            while taken < len(messages):
                taken = self._take_plain_records(messages, taken)
                reader.line_number = before + taken
                if taken < len(messages):
                    reader.line_number += 1
                    message = reader.checked(messages[taken])
                    callbacks[message.type](message)
                    taken += 1
        self.logger.info("all %d lines of input are read", reader.line_number)

    def _take_plain_records(self, messages: list[Line], taken: int) -> int:
        """Take those of a chunk's messages that come next and are plain records.

        Args:
            messages: Of the chunk.
            taken: How many of them were taken before.

        Returns:
            How many are taken now.
        """
        stream = self._streams.get(messages[taken].stream or "")
        if stream is None:
            return taken
        return self._started.record_handler.take_plain(stream, messages, taken)

    @override
    def process_endofpipe(self) -> None:
        run = self._started
        self.check_signal()
        run.delivery.tick()
        run.delivery.finish()
        run.publish(self.check_signal)
        if run.ledger is not None:
            branches = [
                each
                for name, stream in self._streams.items()
                if not run.record_handler.is_replay(name)
                for each in stream.branches
            ]
            run.ledger.ended_well(numbered(branches))
        self._end()
        log_what_is_missing(run, rules=self._settings.rules, seen=self._seen, came=self._streams)
        if 0 <= self._settings.max_rejects < run.summary.rejects:
            raise TooManyRejects(run.log.too_many_rejects(run, self._settings.max_rejects))

    @override
    def _process_schema_message(self, message_dict: Any) -> None:
        message: Line = message_dict
        name, columns, keys = read_schema(message, self.message_reader.line_number)
        known = self._streams.get(name)
        if known is not None and known.schema == schema_key(message):
            return
        columns = with_partial(columns, keys, known)
        stream_maps = stream_maps_of(self.mapper, message, columns, keys)
        self._seen.update(stream_map.stream_alias for stream_map in stream_maps)
        record_bytes = self._settings.max_request_bytes - UPLOAD.envelope_bytes - 1
        builder = StreamBuilder(
            *(self._settings.rules, self._started.facts, record_bytes),
            confirms_deletes=self._settings.may_read_deletions,
            stream_maps=self.config.get("stream_maps"),
        )
        line = self.message_reader.line
        self._streams[name] = stream = builder.stream(message, line, columns, stream_maps)
        for branch in stream.branches:
            self._log_once(logging.WARNING, branch.warnings)
            self._log_once(logging.INFO, branch.notes)
        if self._started.ledger is not None:
            warnings = self._changes.warnings(stream, self._started.ledger.streams)
            self._log_once(logging.WARNING, warnings)

    def _log_once(self, level: int, messages: Iterable[str]) -> None:
        for message in messages:
            if message not in self._warned:
                self._warned.add(message)
                self.logger.log(level, "%s", message)

    @override
    def _process_record_message(self, message_dict: Any) -> None:
        message: Line = message_dict
        reader = self.message_reader
        record = reader.record(message)
        place = InputPlace(reader.line_number)
        stream = self._stream_of(message.stream, "RECORD", place)
        if message.is_replay:
            if self._settings.is_already_delivered:
                raise SettingError(OF_REJECTS)
            self._step_aside(message.rejected_at)
        run = self._run or self._started
        run.record_handler.take(stream, message, record, place)

    @override
    def _process_state_message(self, message_dict: Any) -> None:
        state = bytes(message_dict.value)
        if not state:
            line_number = self.message_reader.line_number
            message = (
                f"line {line_number} of the input: the STATE has no `value`; fix the tap that "
                "wrote it"
            )
            raise InputError(message)
        if state != b"null":
            self._started.checkpoints.close_segment(state)

    @override
    def _process_activate_version_message(self, message_dict: Any) -> None:
        self.logger.debug("ACTIVATE_VERSION is ignored: CleverTap keeps no versions")

    @override
    def _process_batch_message(self, message_dict: Any) -> None:
        place = InputPlace(self.message_reader.line_number)
        batch = read_batch(self.message_reader.line, place)
        stream = self._stream_of(batch.stream, "BATCH", place)
        handler = self._started.record_handler
        left_out = take_batch(batch, stream, handler, self._between_pieces)
        self._log_once(logging.WARNING, left_out_warnings(batch.stream, left_out))

    def _between_pieces(self) -> None:
        self.check_signal()
        self._started.delivery.tick()

    def _stream_of(self, name: str | None, kind: str, place: InputPlace) -> Stream:
        stream = self._streams.get(name or "")
        if stream is None:
            fault = (
                f"{place}: the {kind} comes before its SCHEMA; the tap has to write the SCHEMA "
                "first"
            )
            raise RecordBeforeSchemaError(fault)
        return stream

    @override
    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        if not self.end_request.take(signum):
            return
        if self._run is None:
            raise Interrupted(signum)
        self.message_reader.wake()

    @property
    def _started(self) -> Run:
        if self._run is None:
            reader, check = self.message_reader, self.check_signal
            self._run = start_run(self._settings, reader, check, self.opened)
            self.report.summary = self._run.summary
            self._run.log.started(self._run)
        return self._run

    def _step_aside(self, rejected_at: object) -> None:
        if aside := self._started.replay.note(rejected_at):
            self.logger.info("the input has rejects; those of earlier runs are now in %s", aside)

    def _end(self) -> None:
        run, had_signal = self._run, self.end_request.number is not None
        if run is None:
            return
        patience = GRACE_SECONDS + (0.0 if had_signal else self._settings.request_timeout)
        if in_flight := run.delivery.requests_in_flight:
            message = "nothing more is sent; waiting up to %.0f s for %d requests on their way"
            self.logger.info(message, patience, in_flight)
        latest = time.monotonic() + patience
        try:
            run.delivery.stop(lambda: latest if had_signal else self._until(latest))
            run.close()
            run.log.ended(run)
        finally:
            self._run = None
        if not had_signal:
            self.check_signal()

    def _until(self, latest: float) -> float:
        """Return when to wait no longer: a signal brings it forward."""
        request = self.end_request
        return latest if request.number is None else min(latest, request.at + GRACE_SECONDS)
