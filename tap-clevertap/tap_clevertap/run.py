"""What the streams of one run share: settings, client, the events to read, the request to stop."""

from __future__ import annotations

import gc
import sys
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from tap_clevertap._plugin.shown import shown
from tap_clevertap._plugin.system import return_large_blocks
from tap_clevertap.api.client import ExportClient
from tap_clevertap.config.event_names import (
    NO_EVENTS,
    EventList,
    check_known,
    events_to_read,
    needs_discovery,
    profile_events_to_read,
    schema_events,
)
from tap_clevertap.config.known_users import check_known_users
from tap_clevertap.config.settings import TapSettings
from tap_clevertap.config.zones import zone_warning
from tap_clevertap.errors import CleverTapError, CredentialsError, HostError, SettingError
from tap_clevertap.files.errors import UnreadFileError
from tap_clevertap.output.bad_rows import BadRowsFile
from tap_clevertap.progress.reporter import ProgressReporter
from tap_clevertap.state.name_changes import NameReports
from tap_clevertap.state.state_files import FRESH_START
from tap_clevertap.state.state_owner import StateOwner, bind_files, bind_state, check_account
from tap_clevertap.streams.stream_names import NOT_OF_API, PUSHED_STREAMS
from tap_clevertap.typed.declared import declared_properties

if TYPE_CHECKING:
    import logging
    from collections.abc import Collection, Mapping, Sequence

    from tap_clevertap._plugin.signals import EndRequest
    from tap_clevertap.files.folder import ExportFolder
    from tap_clevertap.inbox.store import Inbox
    from tap_clevertap.receipt.receipt import Receipt
    from tap_clevertap.receipt.writer import ReceiptWriter
    from tap_clevertap.typed.kinds import PropertyKind

WITHOUT_SCHEMA = "or list the events in events or events_file, so that getSchema is not needed"
WITHOUT_TYPES = "or set stream_layout to single, as typed streams have their columns from getSchema"
OF_EVENTS = frozenset(("events", "event_counts"))
"""Streams of the events of the setting `events`."""
NAMED = OF_EVENTS | {"profiles"}
"""Streams that ask for events by name."""
SWITCH_SECONDS = 0.001
"""The interpreter's switch interval. With Python's 5 ms a reader thread would wait so long for the
main thread at each step of a request, while its slot is idle."""

CONTAINERS_BEFORE_GC = 20_000
"""The rows of a page are thousands of dicts without a cycle, so Python's 700 is too few."""


class SelectedEvents(NamedTuple):
    """The events that the selected streams read."""

    events: EventList
    profile_events: EventList


class RunContext:
    """What the streams of one run share.

    - `TapCleverTap` makes one before it knows whether anything is read; nothing starts here.
    - Settings, client and file are made when they are first used. Settings may raise a
      `SettingError`.
    - Only the main thread uses it. A signal handler sets `end_request`.

    Args:
        config: The settings, as the SDK has them.
        logger: The tap's.
        end_request: Of the process.
        receipt_writer: Of the process.
        timezone_unset: Whether `timezone` has its default.
    """

    def __init__(
        self,
        config: Mapping[str, Any],
        logger: logging.Logger,
        end_request: EndRequest,
        receipt_writer: ReceiptWriter,
        *,
        timezone_unset: bool,
    ) -> None:
        self._config = config
        self._logger = logger
        self._end_request = end_request
        self._receipt_writer = receipt_writer
        self.timezone_unset = timezone_unset
        self._selected_events: SelectedEvents | None = None
        self._is_unbound = False
        self._has_read = False
        self._discarded: frozenset[str] | None = None
        self._has_warned_about_query = False
        self.is_reading = False
        self.progress = ProgressReporter()

    @cached_property
    def settings(self) -> TapSettings:
        """The settings, checked; a warning is logged if the time zone is unset or ambiguous."""
        settings = TapSettings.from_config(self._config)
        if not settings.account_id:
            return settings  # it reads pushed messages alone, which have no times of the account
        if self.timezone_unset:
            self._logger.warning(
                "timezone: it is not set, so days and ts are read as UTC; set it to the project's "
                "(Settings, Project in the dashboard), else every event_time may be shifted"
            )
        elif message := zone_warning(settings.timezone):
            self._logger.warning("%s", message)
        return settings

    @cached_property
    def client(self) -> ExportClient:
        """The client of the run."""
        client = ExportClient(
            url=self.settings.url,
            account_id=self.settings.account_id,
            passcode=self.settings.passcode,
            request_timeout=self.settings.request_timeout,
            max_in_flight=self.settings.max_in_flight,
        )
        client.requests = self._receipt_writer.requests
        return client

    def check_passcode(self) -> None:
        """Refuse a run without credentials of the API; one that reads files only needs none.

        Raises:
            SettingError: If one is missing.
        """
        self.check_account()
        if not self.settings.passcode:
            message = (
                "passcode: it is missing; set it, or select only streams of export files and of "
                f"the inbox ({', '.join(NOT_OF_API)})"
            )
            raise SettingError(message)

    def check_account(self) -> None:
        """Refuse a run without an account; one that reads the inbox only needs none.

        Raises:
            SettingError: If it is missing.
        """
        if not self.settings.account_id:
            message = (
                f"account_id: it is missing; set it, or select only {' and '.join(PUSHED_STREAMS)}"
            )
            raise SettingError(message)

    @cached_property
    def owner(self) -> StateOwner:
        """The account and host of the run."""
        return StateOwner.of(self.settings.account_id, self.settings.url)

    @cached_property
    def export_folder(self) -> ExportFolder:
        """The folder of export files; the setting `export_files_url` is set.

        Raises:
            SettingError: If it cannot be opened.
        """
        from tap_clevertap.files.folder import ExportFolder  # noqa: PLC0415 - rarely needed
        from tap_clevertap.files.stores.opening import open_store  # noqa: PLC0415 - rarely needed

        return ExportFolder(open_store(self.settings.export_files.url or ""))

    @cached_property
    def inbox(self) -> Inbox:
        """The inbox of pushed messages.

        Raises:
            SettingError: If there is none, or it cannot be read and written.
        """
        from tap_clevertap.inbox.store import Inbox  # noqa: PLC0415 - rarely needed

        return Inbox(self.settings.inbox.path)

    @property
    def receipt(self) -> Receipt:
        """What the run reads, day by day."""
        return self._receipt_writer.receipt

    @cached_property
    def bad_rows(self) -> BadRowsFile:
        """The file of skipped rows."""
        return BadRowsFile(self.settings.bad_rows_path)

    def check_state(self, bookmarks: Mapping[str, Any]) -> None:
        """Refuse the state of another account or host, before anything is read.

        Raises:
            StateError: With the hosts.
        """
        if self._selected_events is None and self.settings.account_id:
            self._is_unbound = check_account(bookmarks, self.owner)

    def bind_state(self, bookmarks: Mapping[str, Any], *, has_read: bool) -> None:
        """Bind a state to the account, but only after the account has given data."""
        self._has_read |= has_read
        if not self._has_read:
            return
        bind_state(bookmarks, self.owner)
        if self._is_unbound:
            message = "state: it named no account; from now on it belongs to this account at %s"
            self._logger.warning(message, shown(self.owner.host))
            self._is_unbound = False

    def bind_files(self, stream_state: dict[str, Any]) -> None:
        """Bind the state of a stream of export files to the account."""
        bind_files(stream_state, self.owner)

    @cached_property
    def schema(self) -> bytes:
        """The response of getSchema about events; it raises what `read_schema` does."""
        return self.client.read_schema("events").content

    def select_events(
        self, streams: Collection[str], read_before: Collection[str]
    ) -> SelectedEvents:
        """Return the events of all selected streams.

        The names of all streams are checked before the first stream reads anything.

        Args:
            streams: What the selected streams read: `events`, `profiles`.
            read_before: The names of events in the state.

        Raises:
            CleverTapError: If a name is unknown, or getSchema is needed and fails.
        """
        if self._selected_events is None:
            if "profiles" in streams and self.settings.known_users_file:
                check_known_users(self.settings.known_users_file)
            known = self._known_names(streams) if NAMED & set(streams) else None
            names = (self.settings, known, read_before)
            self._check_query(known, read_before)
            has_events, has_profiles = bool(OF_EVENTS & set(streams)), "profiles" in streams
            events = events_to_read(*names) if has_events else NO_EVENTS
            profiles = profile_events_to_read(*names) if has_profiles else NO_EVENTS
            self._selected_events = SelectedEvents(events, profiles)
            _tune_process()
            self.is_reading = True
        return self._selected_events

    def _check_query(self, known: list[str] | None, read_before: Collection[str]) -> None:
        for path, event_name in self.settings.query.events.items():
            if known is not None and event_name not in read_before:
                check_known([event_name], known, setting=path)

    def _known_names(self, streams: Collection[str]) -> list[str] | None:
        try:
            schema = schema_events(self.schema)
        except (CredentialsError, HostError):
            raise
        except CleverTapError as failure:
            if needs_discovery(self.settings, streams):
                message = f"{failure.message}, {WITHOUT_SCHEMA}"
                raise CleverTapError(message) from None
            fault = failure.message.partition(";")[0]
            self._logger.warning("%s; names are checked by their exports", fault)
            return None
        self._discarded = schema.discarded
        return schema.names

    def declared_events(
        self, read_before: Collection[str]
    ) -> tuple[list[str], dict[str, dict[str, PropertyKind]]]:
        """Return the events that have typed streams, and the properties of all known events.

        Args:
            read_before: The names of events that have a typed stream in the state.

        Raises:
            CleverTapError: If a configured name is unknown, or getSchema fails.
        """
        try:
            known = schema_events(self.schema).names
        except (CredentialsError, HostError):
            raise
        except CleverTapError as failure:
            message = f"{failure.message}, {WITHOUT_TYPES}"
            raise CleverTapError(message) from None
        names = events_to_read(self.settings, known, read_before).names
        declared: dict[str, dict[str, PropertyKind]] = {name: {} for name in (*known, *names)}
        return [*names], declared | declared_properties(self.schema)

    def report_names(
        self,
        stream_state: dict[str, Any],
        events: EventList,
        *,
        read_before: Collection[str],
        appeared: Sequence[str] = (),
    ) -> None:
        """Report names of events that came or went since the state was written.

        Args:
            stream_state: Of the stream, which remembers what was reported.
            events: That the stream reads.
            read_before: The names of events in the state of which days were read.
            appeared: Events that no state had, if the stream knows.
        """
        reports = self._name_reports
        if events.setting is None:
            reports.report_discovered(
                stream_state, events.names, read_before=read_before, appeared=appeared
            )
        if self._discarded is not None:
            discarded = self._discarded.intersection(events.names)
            reports.report_discarded(stream_state, discarded)

    @cached_property
    def _name_reports(self) -> NameReports:
        settings = self.settings
        return NameReports(self._logger, settings.start, settings.excluded_events)

    def warn_about_changed_query(self) -> None:
        """Warn once that days in the state were read under another query."""
        if not self._has_warned_about_query:
            self._has_warned_about_query = True
            self._logger.warning(
                "query: it is not the one under which the days in the state were read, and they "
                "are not read again; to read them under this one, %s",
                FRESH_START,
            )

    def check_files_read(self) -> None:
        """End a run that read all files it could, and could not read some.

        Raises:
            UnreadFileError: With the number of files.
        """
        found = {
            key: why for each in self.receipt.files.values() for key, why in each.unread.items()
        }
        if not found:
            return
        (key, reason), *others = found.items()
        more = f", and {len(others)} more files are unread; see the log" if others else ""
        message = f"export files: {shown(key)} {reason}{more}"
        raise UnreadFileError(message)

    @property
    def stop_requested(self) -> bool:
        """Whether a signal asked the process to end."""
        return self._end_request.number is not None

    def exit_for_signal(self) -> None:
        """End the process with the exit status of the received signal."""
        exit_for_signal(self._end_request.number or 0, self._logger)


def exit_for_signal(number: int, logger: logging.Logger) -> NoReturn:
    """End the process, or the thread, with the exit status of a signal: 128 + number."""
    logger.warning("ended by signal %d; the next run continues from the last state", number)
    sys.exit(128 + number)


def _tune_process() -> None:
    """Tune the interpreter and malloc for pages, and for threads that wait for responses."""
    gc.freeze()
    gc.set_threshold(CONTAINERS_BEFORE_GC)
    sys.setswitchinterval(SWITCH_SECONDS)
    return_large_blocks()
