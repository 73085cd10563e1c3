"""What the streams of one run share: settings, client, the events to read, the wish to stop."""

from __future__ import annotations

import sys
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from tap_clevertap._plugin.shown import shown
from tap_clevertap._plugin.system import return_large_blocks
from tap_clevertap.api.client import Client
from tap_clevertap.config.event_names import (
    EventList,
    events_to_read,
    listed,
    needs_discovery,
    profile_events_to_read,
    schema_names,
)
from tap_clevertap.config.settings import Settings
from tap_clevertap.config.zones import warning_about
from tap_clevertap.errors import CleverTapError, CredentialsError, HostError
from tap_clevertap.output.bad_rows import BadRowsFile
from tap_clevertap.state.bookmarks import Owner, bind_state, check_account

if TYPE_CHECKING:
    import logging
    from collections.abc import Collection, Mapping

    from tap_clevertap._plugin.signals import EndRequest

WITHOUT_SCHEMA = (
    "or name the events in events or events_file: without them only getSchema knows any"
)
NO_EVENTS = EventList((), None)
SWITCH_SECONDS = 0.001
"""After which the writing thread lets another run: a request that has to wait Python's own 5 ms at
each step of it leaves its slot idle."""


class Plan(NamedTuple):
    """The events that the streams read."""

    events: EventList
    profile_events: EventList


class Run:
    """Made before anything is known to be needed: settings are read when a stream is."""

    def __init__(
        self,
        config: Mapping[str, Any],
        logger: logging.Logger,
        end_request: EndRequest,
        *,
        timezone_unset: bool,
    ) -> None:
        self._config = config
        self._logger = logger
        self._end_request = end_request
        self._timezone_unset = timezone_unset
        self._plan: Plan | None = None
        self._is_unbound = False
        self._has_read = False
        self._vanished: set[str] = set()
        self.is_reading = False

    @cached_property
    def settings(self) -> Settings:
        """The settings, checked; a run that leaves the time zone unset is told so."""
        settings = Settings.from_config(self._config)
        if self._timezone_unset:
            self._logger.warning(
                "timezone: it is not set, so days and ts are read as UTC; set it to the project's "
                "(Settings, Project in the dashboard), else every event_time may be shifted"
            )
        elif message := warning_about(settings.timezone):
            self._logger.warning("%s", message)
        return settings

    @cached_property
    def client(self) -> Client:
        """The one client of the run."""
        return Client(
            url=self.settings.url,
            account_id=self.settings.account_id,
            passcode=self.settings.passcode,
            request_timeout=self.settings.request_timeout,
            max_in_flight=self.settings.max_in_flight,
        )

    @cached_property
    def owner(self) -> Owner:
        """Whose data the state of the run is about."""
        return Owner.of(self.settings.account_id, self.settings.url)

    @cached_property
    def bad_rows(self) -> BadRowsFile:
        """The rows that cannot become records, where they are kept."""
        return BadRowsFile(self.settings.bad_rows_path)

    def check_state(self, bookmarks: Mapping[str, Any]) -> None:
        """Refuse the state of another account or host, before anything is read.

        Raises:
            StateError: Naming the hosts.
        """
        if self._plan is None:
            self._is_unbound = check_account(bookmarks, self.owner)

    def bind_state(self, bookmarks: Mapping[str, Any], *, has_read: bool) -> None:
        """Bind a state to the account, once something of it was read: its id may be wrong."""
        self._has_read |= has_read
        if not self._has_read:
            return
        bind_state(bookmarks, self.owner)
        if self._is_unbound:
            message = "state: it named no account; from now on it belongs to this account at %s"
            self._logger.warning(message, shown(self.owner.host))
            self._is_unbound = False

    def plan(self, selected: Collection[str]) -> Plan:
        """Return the events of all selected streams.

        A wrong name of either stream so ends the run before anything is read.

        Args:
            selected: The names of the selected streams.

        Raises:
            CleverTapError: If a name is not known, or the names cannot be had.
        """
        if self._plan is None:
            known = self._known_names(selected)
            events = events_to_read(self.settings, known) if "events" in selected else NO_EVENTS
            people = "profiles" in selected
            profiles = profile_events_to_read(self.settings, known) if people else NO_EVENTS
            self._plan = Plan(events, profiles)
            self._begin()
        return self._plan

    def _begin(self) -> None:
        """Have this process ready for pages and threads that wait for answers."""
        sys.setswitchinterval(SWITCH_SECONDS)
        return_large_blocks()
        self.is_reading = True

    def _known_names(self, selected: Collection[str]) -> list[str] | None:
        try:
            return schema_names(self.client.read_schema("events").content)
        except (CredentialsError, HostError):
            raise
        except CleverTapError as failure:
            if needs_discovery(self.settings, selected):
                message = f"{failure.message}, {WITHOUT_SCHEMA}"
                raise CleverTapError(message) from None
            what = failure.message.partition(";")[0]
            self._logger.warning("%s; names are checked by their exports", what)
            return None

    def warn_of_vanished(self, read: Collection[str], remembered: Collection[str]) -> None:
        """Say which events a state knows that getSchema leaves out, once each.

        Args:
            read: The names that CleverTap's schema has.
            remembered: Those whose days were read before.
        """
        excluded = self.settings.excluded_events | self._vanished
        gone = sorted(set(remembered) - set(read) - excluded)
        if gone:
            self._vanished.update(gone)
            message = (
                "getSchema: it leaves out %d events that were read before (%s), so none of their "
                "days is read any more; name them in events to go on reading them"
            )
            self._logger.warning(message, len(gone), listed(gone))

    @property
    def is_to_end(self) -> bool:
        """Whether a signal asked for the end."""
        return self._end_request.number is not None

    def exit_for_signal(self) -> None:
        """End the program with the exit status that belongs to the signal received."""
        exit_for_signal(self._end_request.number or 0, self._logger)


def exit_for_signal(number: int, logger: logging.Logger) -> NoReturn:
    """End the program, or a thread, with the exit status that belongs to a signal."""
    logger.warning("ended by signal %d; the next run continues from the last state", number)
    sys.exit(128 + number)
