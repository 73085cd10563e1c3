"""The tap as a plugin of the SDK: settings, streams, and its reaction to signals."""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import IO, TYPE_CHECKING, Any, ClassVar

from singer_sdk import Tap
from singer_sdk.contrib.msgspec import MsgSpecWriter
from singer_sdk.exceptions import MappingError
from singer_sdk.helpers.capabilities import PluginCapabilities, TapCapabilities
from singer_sdk.tap_base import CliTestOptionValue
from typing_extensions import override

from tap_clevertap._http.settings import CREDENTIALS
from tap_clevertap._plugin.config_files import ENVIRONMENT
from tap_clevertap._plugin.plugin import Plugin
from tap_clevertap._plugin.shown import shown, visible
from tap_clevertap._plugin.signals import EndRequest
from tap_clevertap.cli.check import check_command
from tap_clevertap.cli.options import read_catalog, read_state, streams_selected
from tap_clevertap.cli.receive import receive_command
from tap_clevertap.config.credentials import dispensable_credentials
from tap_clevertap.config.file_paths import fault_of_bad_rows
from tap_clevertap.config.schema import CONFIG_SCHEMA, SINGLE
from tap_clevertap.errors import CleverTapError, GapError, SettingError
from tap_clevertap.output.batches import fault_of_batches, read_batch_config
from tap_clevertap.output.state_writer import LastStateWriter
from tap_clevertap.output.stdout import (
    OUTPUT_ERRORS,
    broken_pipe_error,
    discard_stdout,
    prepare_stdout,
    write_error,
)
from tap_clevertap.receipt.report import FAILED, GAP
from tap_clevertap.receipt.writer import ReceiptWriter
from tap_clevertap.run import RunContext, exit_for_signal
from tap_clevertap.state.state_checks import check_shape
from tap_clevertap.state.state_files import unwrap_state
from tap_clevertap.streams.events import Events
from tap_clevertap.streams.selection import (
    AFTER_EVENTS,
    add_selected,
    further_streams_left_out,
    in_order,
    streams_not_tested,
)
from tap_clevertap.streams.stream_map_errors import EXPRESSION_ERRORS
from tap_clevertap.streams.typed_streams import check_layout, typed_streams, warn_of_unselected

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import FrameType

    import click
    from singer_sdk.plugin_base import _ConfigInput

    from tap_clevertap.streams.base import CleverTapStream

NO_FLATTENING = (
    "flattening_enabled: event_props, profile_data and app have no fixed fields, so targets would "
    "drop them; use stream_maps, or SQL"
)
NOT_SET = "{}: it is missing; set it"
STOP_SECONDS = 10.0
"""After a signal, for a write that the target does not read."""
LAST_SECONDS = 2.0
"""For the receipt and the last line of the log, which may be blocked too."""


class TapCleverTap(Plugin, Tap):
    """Singer tap for CleverTap: every event and profile, day by day."""

    # The SDK prints the docstring, so the contract is here:
    # - The SDK makes one for each command, and calls `sync_all` in the main thread.
    # - A `CleverTapError` becomes one line of the log, and exit status 1.

    name = "tap-clevertap"
    package_name = "tap-clevertap"
    config_jsonschema: ClassVar[dict[str, Any]] = CONFIG_SCHEMA
    # Writes decimals with the digits that were sent.
    message_writer_class = MsgSpecWriter
    capabilities: ClassVar[list[Any]] = [
        TapCapabilities.CATALOG,
        TapCapabilities.STATE,
        TapCapabilities.DISCOVER,
        PluginCapabilities.ABOUT,
        PluginCapabilities.BATCH,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.STRUCTURED_LOGGING,
    ]

    unused_settings = (  # Faker is not installed, and flattening is refused
        "faker_config",
        "flattening_enabled",
        "flattening_max_depth",
        "flattening_max_key_length",
        "flattening_separator",
    )

    # Of the process: `invoke` is a class method, and has no tap.
    end_request: ClassVar[EndRequest] = EndRequest()
    receipt_writer: ClassVar[ReceiptWriter | None] = None
    """From the time on when the settings are known."""
    current_run: ClassVar[RunContext | None] = None
    given_files: ClassVar[dict[str, tuple[str, ...]]] = {}
    """The files of each option of the command line."""
    selected_streams: ClassVar[frozenset[str]] = frozenset()
    """Those that a given catalog selects."""
    is_test: ClassVar[bool] = False
    """Whether this is a test of the connection."""

    _state_writer: LastStateWriter
    _timezone_unset = False
    _is_validated = False

    def __init__(self, *, setup_mapper: bool = True, **options: Any) -> None:  # noqa: ANN401 - the SDK's own arguments
        super().__init__(setup_mapper=False, **options)
        self._state_writer = LastStateWriter(self.message_writer)
        if setup_mapper:  # only now, because names of typed streams come from the state
            self.setup_mapper()

    @property
    @override
    def state_writer(self) -> LastStateWriter:
        return self._state_writer

    @override
    def setup_mapper(self) -> None:
        self._streams = in_order(self.streams.values())  # typed streams rename what it names
        if self.input_catalog is not None:
            add_selected(self.input_catalog, self.streams.values())
        left_out = further_streams_left_out(self.streams.values())
        if self.is_test and not all(self.config.get(name) for name in CREDENTIALS):
            left_out += streams_not_tested(self.streams.keys() - left_out)
        for name in left_out:
            self.catalog.pop(name, None)
            del self.streams[name]  # a map like `event_*` is not for them
        warn_of_unselected(self.streams.values())
        try:
            super().setup_mapper()
        except (MappingError, MemoryError, RecursionError, *EXPRESSION_ERRORS) as error:
            message = f"stream_maps: they do not fit the streams ({visible(str(error))}); fix them"
            raise SettingError(message) from None

    @override
    def load_state(self, state: dict[str, Any]) -> None:
        state, wrappers = unwrap_state(state)
        others = check_shape(state)
        if wrappers:
            self.logger.info("state: read from inside %s", " and ".join(map(shown, wrappers)))
        if others:
            message = "state: its bookmarks of %s are not of this tap; they are kept unchanged"
            self.logger.warning(message, ", ".join(map(shown, others)))
        super().load_state(state)

    @cached_property
    def run_context(self) -> RunContext:
        """What streams share, from the settings of this tap; nothing is sent to make it."""
        return RunContext(
            self.config,
            self.logger,
            self.end_request,
            self.receipt_writer or ReceiptWriter({}, self.logger),
            timezone_unset=self._timezone_unset,
        )

    @override
    def discover_streams(self) -> list[CleverTapStream]:
        if self.is_typed and not self._is_validated:
            self._validate_config()  # the SDK does not do it before it discovers
        run = type(self).current_run = self.run_context
        check_layout(self.input_catalog, is_typed=self.is_typed)
        others = [kind(self, run) for kind in AFTER_EVENTS]
        if not self.is_typed:
            return [Events(self, run), *others]
        return [*typed_streams(self, run), *others]

    @property
    def is_typed(self) -> bool:
        """Whether each event has a stream; without credentials, nobody knows the events."""
        is_single = self.config.get("stream_layout") in (None, SINGLE)
        return not is_single and all(self.config.get(name) for name in CREDENTIALS)

    @override
    @classmethod
    def cb_config(
        cls, ctx: click.Context, param: click.Option, value: tuple[str, ...]
    ) -> _ConfigInput:
        cls._note_files("--config", *(path for path in value if path != ENVIRONMENT))
        return super().cb_config(ctx, param, value)

    @override
    @classmethod
    def cb_test(cls, ctx: click.Context, param: click.Option, value: str) -> None:
        cls.is_test = value != CliTestOptionValue.Disabled.value
        super().cb_test(ctx, param, value)

    @classmethod
    def _note_files(cls, option: str, *paths: str) -> None:
        cls.given_files = {**cls.given_files, option: paths}

    @override
    @classmethod
    def commands(cls) -> Sequence[click.Command]:
        return [check_command(cls), receive_command(cls)]

    @override
    @classmethod
    def invoke(
        cls,
        *,
        state: IO[str] | None = None,
        catalog: IO[str] | None = None,
        **options: Any,
    ) -> None:
        if state is not None:
            cls._note_files("--state", str(state.name))
            state = read_state(state)
        if catalog is not None:
            cls._note_files("--catalog", str(catalog.name))
            catalog = read_catalog(catalog)
            cls.selected_streams = streams_selected(catalog)
        prepare_stdout()
        try:
            with cls._recorded():
                super().invoke(state=state, catalog=catalog, **options)
                if cls.current_run is not None:
                    cls.current_run.check_files_read()
        except (BrokenPipeError, CleverTapError) as failure:
            if cls.end_request.number is not None:
                # A signal to the whole process group also ended the target; that is not the cause.
                discard_stdout()
                exit_for_signal(cls.end_request.number, cls.logger)
            if isinstance(failure, CleverTapError):
                raise
            discard_stdout()
            raise broken_pipe_error() from None
        except OSError as failure:
            if failure.errno not in OUTPUT_ERRORS:
                raise
            discard_stdout()
            raise write_error(failure) from None
        finally:
            EndRequest.ignore_more()

    @override
    def _validate_config(
        self, *, raise_errors: bool = True
    ) -> list[str]:  # the SDK's own messages quote values, secrets too
        self._is_validated = raise_errors
        self._timezone_unset = self._config.get("timezone") is None
        errors = self._faults_of_settings()
        named = dispensable_credentials(self._config, self.selected_streams, os.environ)
        missing = {NOT_SET.format(name) for name in named}
        errors = [error for error in errors if error not in missing]
        if self._config.get("flattening_enabled"):
            errors.append(NO_FLATTENING)
        if raise_errors:
            errors += self._faults_of_files()
        if errors and raise_errors:
            raise SettingError("; ".join(errors))
        read_batch_config(self._config)
        return errors

    def _faults_of_files(self) -> list[str]:
        """Return why files of a run cannot be written, at its start."""
        given = [(name, path) for name, paths in self.given_files.items() for path in paths]
        writer = type(self).receipt_writer = ReceiptWriter(self._config, self.logger)
        faults = [fault_of_bad_rows(self._config, given), fault_of_batches(self._config)]
        try:
            writer.check(given)
        except SettingError as fault:
            faults.append(fault.message)
        return [*filter(None, faults)]

    @classmethod
    @contextmanager
    def _recorded(cls) -> Iterator[None]:
        """End the run with a receipt, however it ends."""
        try:
            with cls._progress_shown():
                yield
        except BaseException as failure:
            if cls.receipt_writer is not None:
                cls.receipt_writer.end(GAP if isinstance(failure, GapError) else FAILED)
            raise
        if cls.receipt_writer is not None:
            cls.receipt_writer.end_complete()

    @override
    def _setup_signal_handlers(self) -> None:
        self.end_request.listen(self._handle_termination)

    @override
    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        if not self.end_request.take(signum):
            return
        if self.current_run is None or not self.current_run.is_reading:
            exit_for_signal(signum, self.logger)
        # A write that the target does not read would delay the end for ever.
        timer = threading.Timer(STOP_SECONDS, self._exit_without_writing, (signum,))
        timer.daemon = True
        with suppress(RuntimeError):  # without a thread, a later signal ends the process
            timer.start()

    @classmethod
    @contextmanager
    def _progress_shown(cls) -> Iterator[None]:
        try:
            yield
        finally:
            if cls.current_run is not None:
                cls.current_run.progress.stop()

    def _exit_without_writing(self, signum: int) -> None:
        thread = threading.Thread(target=self._end_for_signal, args=(signum,), daemon=True)
        with suppress(RuntimeError):
            thread.start()
            thread.join(LAST_SECONDS)
        os._exit(128 + signum)

    def _end_for_signal(self, signum: int) -> None:
        if self.receipt_writer is not None:
            self.receipt_writer.end(FAILED)
        if self.current_run is not None:
            self.current_run.progress.stop()
        exit_for_signal(signum, self.logger)
