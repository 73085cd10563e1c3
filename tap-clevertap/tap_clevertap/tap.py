"""The tap: its settings, its streams, and what it does when it is told to stop."""

from __future__ import annotations

import errno
import io
import os
import sys
import threading
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any, ClassVar

from singer_sdk import Tap
from singer_sdk.contrib.msgspec import MsgSpecWriter
from singer_sdk.exceptions import MappingError
from singer_sdk.helpers.capabilities import PluginCapabilities, TapCapabilities
from typing_extensions import override

from tap_clevertap._plugin.plugin import Plugin
from tap_clevertap._plugin.shown import shown, visible
from tap_clevertap._plugin.signals import EndRequest
from tap_clevertap.cli.options import read_catalog, read_state
from tap_clevertap.config.settings import CONFIG_SCHEMA
from tap_clevertap.errors import CleverTapError, SettingError
from tap_clevertap.output.batches import read_batch_config
from tap_clevertap.output.state_writer import LastStateWriter
from tap_clevertap.run import Run, exit_for_signal
from tap_clevertap.state.bookmarks import check_shape
from tap_clevertap.state.state_files import unwrapped
from tap_clevertap.streams.base import EXPRESSION_FAULTS
from tap_clevertap.streams.events import Events
from tap_clevertap.streams.profiles import Profiles

if TYPE_CHECKING:
    from types import FrameType

    from tap_clevertap.streams.base import CleverTapStream

NO_FLATTENING = (
    "flattening_enabled: event_props, profile_data and app have no fixed fields, so targets would "
    "drop them; use stream_maps, or SQL"
)
OUTPUT_FAULTS = {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG, errno.EBADF}
STOP_SECONDS = 10.0
"""How long a signal lets a blocked write go on."""
LOG_SECONDS = 1.0


class TapCleverTap(Plugin, Tap):
    """Singer tap for CleverTap: every event and profile, day by day."""

    name = "tap-clevertap"
    package_name = "tap-clevertap"
    config_jsonschema: ClassVar[dict[str, Any]] = CONFIG_SCHEMA
    # Keeps decimals as they were sent.
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

    end_request: ClassVar[EndRequest] = EndRequest()
    """Of this process, so that it is known without a tap too."""

    _run: Run | None = None
    _state_writer: LastStateWriter
    _timezone_unset = False

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 - the SDK's own arguments
        super().__init__(**options)
        self._state_writer = LastStateWriter(self.message_writer)

    @property
    @override
    def state_writer(self) -> LastStateWriter:
        return self._state_writer

    @override
    def setup_mapper(self) -> None:
        try:
            super().setup_mapper()
        except (MappingError, MemoryError, RecursionError, *EXPRESSION_FAULTS) as error:
            message = f"stream_maps: they do not fit the streams ({visible(str(error))}); fix them"
            raise SettingError(message) from None

    @override
    def load_state(self, state: dict[str, Any]) -> None:
        state, wrappers = unwrapped(state)
        others = check_shape(state)
        if wrappers:
            self.logger.info("state: read from inside %s", " and ".join(map(shown, wrappers)))
        if others:
            message = "state: its bookmarks of %s are not of this tap; they are kept as they are"
            self.logger.warning(message, ", ".join(map(shown, others)))
        super().load_state(state)

    @override
    def discover_streams(self) -> list[CleverTapStream]:
        self._run = Run(
            self.config, self.logger, self.end_request, timezone_unset=self._timezone_unset
        )
        return [Events(self, self._run), Profiles(self, self._run)]

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
            state = read_state(state)
        if catalog is not None:
            catalog = read_catalog(catalog)
        if sys.stdout is None:
            message = "standard output: it is closed; give it a target or a file"
            raise SettingError(message)
        _write_whole_lines()
        try:
            super().invoke(state=state, catalog=catalog, **options)
        except (BrokenPipeError, CleverTapError) as failure:
            if cls.end_request.number is not None:
                # A signal to the whole process group ends the reader and whatever else fails now.
                _give_up_output()
                exit_for_signal(cls.end_request.number, cls.logger)
            if isinstance(failure, CleverTapError):
                raise
            _give_up_output()
            message = (
                "standard output: the target closed the pipe, so reading from CleverTap stopped; "
                "see the target's log"
            )
            raise CleverTapError(message) from None
        except OSError as failure:
            if failure.errno not in OUTPUT_FAULTS:
                raise
            _give_up_output()
            message = f"standard output: it cannot be written to ({failure.strerror}); free space"
            raise CleverTapError(message) from None
        finally:
            EndRequest.ignore_more()

    @override
    def _validate_config(
        self, *, raise_errors: bool = True
    ) -> list[str]:  # the SDK's own messages quote values, secrets too
        self._timezone_unset = self._config.get("timezone") is None
        errors = self._faults_of_settings()
        if self._config.get("flattening_enabled"):
            errors.append(NO_FLATTENING)
        if errors and raise_errors:
            raise SettingError("; ".join(errors))
        read_batch_config(self._config)
        return errors

    @override
    def _setup_signal_handlers(self) -> None:
        self.end_request.listen(self._handle_termination)

    @override
    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        if not self.end_request.take(signum):
            return
        if self._run is None or not self._run.is_reading:
            exit_for_signal(signum, self.logger)
        # A write that nobody reads would hold up the end for ever.
        blocked = threading.Timer(STOP_SECONDS, self._give_up_writing, (signum,))
        blocked.daemon = True
        with suppress(RuntimeError):  # no thread can be started: a later signal ends it then
            blocked.start()

    def _give_up_writing(self, signum: int) -> None:
        # The log may be blocked too.
        saying = threading.Thread(target=exit_for_signal, args=(signum, self.logger), daemon=True)
        with suppress(RuntimeError):
            saying.start()
            saying.join(LOG_SECONDS)
        os._exit(128 + signum)


def _write_whole_lines() -> None:
    """Wait for the reader, also where Python was told not to buffer or the pipe not to block."""
    try:
        descriptor = sys.stdout.fileno()
    except OSError:
        return  # text in memory, as tests give it
    os.set_blocking(descriptor, True)
    if isinstance(sys.stdout.buffer, io.RawIOBase):  # its writes may be partial
        sys.stdout = open(descriptor, "w", encoding=sys.stdout.encoding, closefd=False)  # noqa: SIM115 - as Python's own


def _give_up_output() -> None:
    # Nothing more can be written, and the interpreter would try to at its end.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
