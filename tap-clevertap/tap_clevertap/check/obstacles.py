"""Outcomes after which nothing more can be asked."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tap_clevertap._http.causes import Cause
from tap_clevertap._plugin.findings import Finding
from tap_clevertap.api.outcomes import (
    NotReady,
    Outcome,
    Refused,
    Success,
    TryAgain,
    Unauthorized,
)
from tap_clevertap.check.connection import unreachable
from tap_clevertap.check.credentials import refused
from tap_clevertap.check.zone import dates_refused

if TYPE_CHECKING:
    from tap_clevertap.check.probe import Probe


class ObstacleError(Exception):
    """Nothing more can be asked; there is no finding if another one has the reason."""

    def __init__(self, finding: Finding | None) -> None:
        super().__init__()
        self.finding = finding


def expect(outcome: Outcome, what: str, probe: Probe, *, check: str | None = None) -> None:
    """Do nothing if a request succeeded.

    Args:
        outcome: Of the request.
        what: Was requested.
        probe: Sent it.
        check: The check that a failure is of, where the connection itself is known to be well.

    Raises:
        ObstacleError: With the finding of any other outcome.
    """
    if isinstance(outcome, Success):
        return
    if isinstance(outcome, Unauthorized):
        raise ObstacleError(refused(outcome, probe))
    if isinstance(outcome, TryAgain):
        is_throttled = outcome.cause is Cause.THROTTLED
        raise ObstacleError(None if is_throttled else _of(unreachable(outcome, probe.host), check))
    if isinstance(outcome, Refused) and outcome.days_refused:
        raise ObstacleError(dates_refused(probe.settings))
    reason, advice = "in a way that is not expected here", "run the check again later"
    if isinstance(outcome, NotReady):
        reason = "it is still in progress"
    if isinstance(outcome, Refused):
        reason, advice = outcome.reason, outcome.advice
    message = f"{probe.host}: it refuses {what} ({reason})"
    raise ObstacleError(_of(Finding("api", "refused", message, advice), check))


def _of(finding: Finding, check: str | None) -> Finding:
    return finding if check is None else replace(finding, check=check)
