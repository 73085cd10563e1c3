"""The questions of a check, in order; one that finds an obstacle for all others ends it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_clevertap._http.causes import Cause
from tap_clevertap._http.host_findings import shared_limit
from tap_clevertap._plugin.findings import Finding, failed, fine
from tap_clevertap.api.outcomes import Outcome, Success, TryAgain, Unauthorized
from tap_clevertap.check.counting import count_finding
from tap_clevertap.check.credentials import without_data
from tap_clevertap.check.obstacles import ObstacleError, expect
from tap_clevertap.check.probe import MOST_SECONDS, READY_SECONDS, OutOfTimeError
from tap_clevertap.check.sampling import Sampling
from tap_clevertap.check.zone import day_with_rows, zone_finding
from tap_clevertap.config.event_names import (
    NothingLeftError,
    check_known,
    events_to_read,
    list_names,
    needs_discovery,
    profile_events_to_read,
    schema_events,
)
from tap_clevertap.config.schema import DEFAULT_PROFILE_EVENTS
from tap_clevertap.errors import CleverTapError, HostError, SettingError
from tap_clevertap.exports.windows import ONE_DAY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_clevertap.check.probe import Probe

STREAMS = ("events", "profiles")


class ProjectCheck:
    """Asks what a run depends on, one request at a time.

    Args:
        probe: Sends the requests, with the settings of the run.
        timezone_unset: Whether `timezone` has its default.
        is_typed: Whether each event has a stream, with columns by getSchema.
    """

    def __init__(self, probe: Probe, *, timezone_unset: bool, is_typed: bool) -> None:
        self._probe = probe
        self._settings = probe.settings
        self._timezone_unset = timezone_unset
        self._needs_schema = is_typed or needs_discovery(self._settings, STREAMS)

    def findings(self) -> Iterator[Finding]:
        """Yield a finding for each question; raise nothing."""
        host = self._probe.host
        try:
            yield from self._questions()
        except ObstacleError as obstacle:
            if obstacle.finding is not None:
                yield obstacle.finding
        except OutOfTimeError:
            message = f"{host}: it responds too slowly for a check of {MOST_SECONDS:.0f} s"
            yield Finding("time", "over", message, "run the check again later")
        except HostError as error:
            yield failed("tls", "certificate_refused", error)
        except CleverTapError as error:
            yield failed("api", "not_clevertap", error)
        if self._probe.was_throttled:
            yield shared_limit(host)

    def _questions(self) -> Iterator[Finding]:
        schema = self._probe.schema()
        known = None
        if self._depends_on(schema):
            if isinstance(schema, Success | Unauthorized):
                yield self._host_finding()
            expect(schema, "getSchema", self._probe)
            known = self._known_names(schema)
        names = self._names_to_export(known)
        sampling = self._sampling(names, is_known=known is not None)
        if known is None:
            yield self._host_finding()
        yield fine("credentials", "account_id, passcode and region fit together")
        yield self._events_finding(known)
        yield self._export_finding(sampling)
        samples = [*sampling.samples.values()]
        yield zone_finding(self._probe, samples, is_unset=self._timezone_unset)
        if self._settings.verify_counts != "off":
            yield from self._count_findings(sampling, names)
        if not self._probe.was_throttled:
            yield fine("in_flight", "CleverTap accepts the requests of this account")

    def _depends_on(self, schema: Outcome) -> bool:
        """Return whether the check depends on this outcome of getSchema, as a run would."""
        if isinstance(schema, Success | Unauthorized) or self._needs_schema:
            return True
        return isinstance(schema, TryAgain) and schema.cause is not None

    def _known_names(self, schema: Outcome) -> list[str]:
        names = schema_events(schema.content).names if isinstance(schema, Success) else []
        if not names:
            self._check_credentials()
            message = "the credentials are right, but the project has no event"
            advice = "check that account_id is the project that your apps send events to"
            raise ObstacleError(Finding("events", "no_events", message, advice))
        return names

    def _check_credentials(self) -> None:
        if finding := without_data(self._probe):
            raise ObstacleError(finding)

    def _names_to_export(self, known: list[str] | None) -> tuple[str, ...]:
        """Return the names to export: those first that most projects send all the time."""
        try:
            events = events_to_read(self._settings, known)
            profile_events = profile_events_to_read(self._settings, known)
            if known is not None:
                for path, name in self._settings.query.events.items():
                    check_known([name], known, setting=path)
        except SettingError as error:
            code = "none_left" if isinstance(error, NothingLeftError) else "unknown_events"
            raise ObstacleError(failed("events", code, error)) from None
        configured = (*profile_events.names, *events.names)
        if known is None:
            return tuple(dict.fromkeys((*configured, *DEFAULT_PROFILE_EVENTS)))
        names = dict.fromkeys((*DEFAULT_PROFILE_EVENTS, *configured, *known))
        return tuple(name for name in names if name in set(known))

    def _sampling(self, names: tuple[str, ...], *, is_known: bool) -> Sampling:
        sampling = Sampling(self._probe, is_connected=is_known)
        sampling.collect(names)
        if not sampling.samples and not sampling.is_slow:
            self._check_credentials()
        return sampling

    def _count_findings(self, sampling: Sampling, names: tuple[str, ...]) -> Iterator[Finding]:
        """Yield the finding of a count: of an event and day with rows, if there are any."""
        name, stamps = next(
            ((name, sample.stamps) for name, sample in sampling.samples.items()), (names[0], [])
        )
        day = day_with_rows(stamps, self._settings) or self._settings.end - ONE_DAY
        counted = self._probe.count(name, day)
        if not (isinstance(counted, TryAgain) and counted.cause is Cause.THROTTLED):
            yield count_finding(counted, name, day, has_rows=bool(stamps))

    # Findings

    def _host_finding(self) -> Finding:
        return fine("host", f"CleverTap's API responds at {self._probe.host}")

    @staticmethod
    def _events_finding(known: list[str] | None) -> Finding:
        if known is None:
            message = "getSchema does not answer, so a run checks names by their exports"
            return fine("events", message, code="no_schema")
        return fine("events", f"names of events in the project: {len(known)}")

    @staticmethod
    def _export_finding(sampling: Sampling) -> Finding:
        if sampling.samples:
            return fine("export", f"rows of {list_names([*sampling.samples])} arrive")
        if sampling.is_slow:
            message = f"one is accepted, and still in progress after {READY_SECONDS:.0f} s"
            return fine("export", message, code="slow")
        names = list_names(sampling.without_rows) or "the events that may be exported"
        selected = " that query selects" if sampling.probe.settings.query.fragment else ""
        message = f"yesterday and today have no rows of {names}{selected}"
        return fine("export", message, code="no_rows")
