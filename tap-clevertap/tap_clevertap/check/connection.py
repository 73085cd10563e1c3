"""What keeps requests from reaching CleverTap: one finding for each cause."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_clevertap._http.host_findings import CHECK_HOST, host_finding
from tap_clevertap._plugin.findings import Finding

if TYPE_CHECKING:
    from tap_clevertap.api.outcomes import TryAgain


def unreachable(outcome: TryAgain, host: str) -> Finding:
    """Return the finding of a request that only failed.

    Args:
        outcome: Of its last try.
        host: As messages show it.
    """
    finding = None if outcome.cause is None else host_finding(outcome.cause, host)
    if finding is not None:
        return finding
    if outcome.answered:
        message = f"{host}: it responds only with {outcome.reason}"
        return Finding("api", "failing", message, "run the check again later")
    message = f"{host}: no CleverTap API answers there ({outcome.reason})"
    return Finding("api", "not_clevertap", message, CHECK_HOST)
