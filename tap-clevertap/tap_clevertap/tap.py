"""The tap: its settings, its streams, and what it does when it is told to stop."""

from __future__ import annotations

import signal
import sys
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from singer_sdk import Tap
from singer_sdk.contrib.msgspec import MsgSpecWriter
from singer_sdk.helpers.capabilities import PluginCapabilities, TapCapabilities
from singer_sdk.plugin_base import JSONSchemaValidator
from typing_extensions import override

from tap_clevertap.client import Client
from tap_clevertap.errors import CleverTapError, CredentialsError, SettingsError
from tap_clevertap.names import EventList, events_to_read, profile_events_to_read, schema_names
from tap_clevertap.settings import CONFIG_SCHEMA, SECRETS, Settings
from tap_clevertap.streams import CleverTapStream, Events, Profiles

if TYPE_CHECKING:
    from types import FrameType

WITHOUT_SCHEMA = (
    "Events are discovered by getSchema: where it does not answer, name them in events or "
    "events_file."
)
NO_EVENTS = EventList((), None)


class Plan(NamedTuple):
    """The events that the selected streams read."""

    events: EventList
    profile_events: EventList


class TapCleverTap(Tap):
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
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.FLATTENING,
        PluginCapabilities.STRUCTURED_LOGGING,
    ]

    received_signal: int | None = None
    _syncing = False
    _timezone_unset = False

    @override
    def discover_streams(self) -> list[CleverTapStream]:
        return [Events(self), Profiles(self)]

    @cached_property
    def settings(self) -> Settings:
        """The settings, checked; a run that leaves the time zone unset is told so."""
        settings = Settings.from_config(self.config)
        if self._timezone_unset:
            self.logger.warning(
                "timezone is not set: days and ts are read as UTC. If the project's time zone "
                "(Settings, Project in the dashboard) is another, every event_time is shifted."
            )
        return settings

    @cached_property
    def client(self) -> Client:
        """The one client of the run."""
        return Client(
            url=self.settings.url,
            account_id=self.settings.account_id,
            passcode=self.settings.passcode,
            request_timeout=self.settings.request_timeout,
        )

    @cached_property
    def plan(self) -> Plan:
        """The events to read, of both streams: a wrong name ends the run before any is read."""
        known = self._known_names()
        selected = {name for name, stream in self.streams.items() if stream.selected}
        events = events_to_read(self.settings, known) if Events.name in selected else NO_EVENTS
        people = Profiles.name in selected
        profiles = profile_events_to_read(self.settings, known) if people else NO_EVENTS
        self._syncing = True
        return Plan(events, profiles)

    def _known_names(self) -> list[str] | None:
        try:
            return schema_names(self.client.read_schema("events").content)
        except CredentialsError:
            raise
        except CleverTapError as failure:
            if not (self.settings.events or self.settings.events_file):
                message = f"{failure.message} {WITHOUT_SCHEMA}"
                raise CleverTapError(message) from None
            self.logger.warning("%s Names are checked by their exports.", failure.message)
            return None

    @override
    def _validate_config(
        self, *, raise_errors: bool = True
    ) -> list[str]:  # the SDK's own messages quote values, secrets too
        self._timezone_unset = "timezone" not in self._config
        self.append_builtin_config(self.config_jsonschema)
        errors = [
            _describe(list(error.absolute_path), error.message)
            for error in JSONSchemaValidator(self.config_jsonschema).iter_errors(self._config)
        ]
        if errors and raise_errors:
            raise SettingsError("; ".join(errors))
        return errors

    @override
    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        # A second signal ends the program at once.
        signal.signal(signum, signal.SIG_DFL)
        self.received_signal = signum
        if not self._syncing:
            self.exit_for_signal()

    def exit_for_signal(self) -> None:
        """End the program with the exit status that belongs to the signal received."""
        self.logger.info("Stopped by signal %d; the state written is true.", self.received_signal)
        sys.exit(128 + (self.received_signal or 0))


def _describe(path: list[Any], message: str) -> str:
    if not path:
        return f"settings: {message}"
    setting = ".".join(str(part) for part in path)
    return f"{setting}: {'it does not fit its type' if path[0] in SECRETS else message}"
