"""Which events are exported for a check, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tap_clevertap._plugin.findings import failed
from tap_clevertap.api.outcomes import EventNotExportable, EventUnknown, NotReady
from tap_clevertap.check.obstacles import ObstacleError, expect
from tap_clevertap.check.probe import QueryRefused, Sample
from tap_clevertap.check.query import query_refused
from tap_clevertap.config.event_names import unknown_names
from tap_clevertap.exports.windows import ONE_DAY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_clevertap.api.outcomes import Outcome
    from tap_clevertap.check.probe import Probe

MOST_EVENTS = 4
"""Events that are exported until one has rows and ends within a few pages."""
MOST_TRIED = 8
"""Events that are asked for: some may not be exported."""


@dataclass
class Sampling:
    """The samples of some events, of the last two days to read.

    Args:
        probe: Sends the requests.
        is_connected: Whether the host has responded to getSchema.
    """

    probe: Probe
    is_connected: bool
    samples: dict[str, Sample] = field(default_factory=dict)
    """Of each event that has rows."""
    without_rows: list[str] = field(default_factory=list)
    is_slow: bool = False
    """Whether an export was still in progress when the check stopped waiting."""

    def collect(self, names: Iterable[str]) -> None:
        """Export one event after another, until one with rows is read to its end.

        Raises:
            ObstacleError: If exports do not work.
        """
        for tried, name in enumerate(names):
            if tried == MOST_TRIED or len(self.samples) + len(self.without_rows) == MOST_EVENTS:
                break
            self._collect(name)
            if self.is_slow or (name in self.samples and self.samples[name].is_complete):
                break

    def _collect(self, name: str) -> None:
        last = self.probe.settings.end
        sample = self.probe.sample(name, last - ONE_DAY, last)
        if isinstance(sample, Sample):
            if sample.stamps:
                self.samples[name] = sample
            else:
                self.without_rows.append(name)
        elif isinstance(sample, QueryRefused):
            raise ObstacleError(query_refused(sample, name))
        elif self._is_mistaken(name, sample):
            error = unknown_names("events", [name])
            raise ObstacleError(failed("events", "unknown_events", error))
        elif isinstance(sample, NotReady):
            self.is_slow = True
        elif not isinstance(sample, EventUnknown | EventNotExportable):
            expect(sample, "an export", self.probe, check="export" if self.is_connected else None)

    def _is_mistaken(self, name: str, outcome: Outcome) -> bool:
        """Return whether a configured name does not exist, which getSchema would have shown."""
        is_configured = name in self.probe.settings.events
        return isinstance(outcome, EventUnknown) and is_configured and not self.is_connected
