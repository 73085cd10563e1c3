"""Which of the credentials is wrong: account id, passcode or region, refused aloud or silently."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_clevertap._http.host_findings import wrong_credentials, wrong_region
from tap_clevertap._plugin.findings import Finding
from tap_clevertap.api.outcomes import Success, Unauthorized

if TYPE_CHECKING:
    from tap_clevertap.check.probe import Probe

ALOUD = "401"
SILENTLY = "it reads no data and gives no error, but refuses an empty upload with 401"


def refused(outcome: Unauthorized, probe: Probe, how: str = ALOUD) -> Finding:
    """Return the finding of a 401: with the project's own region, if it is another one.

    Args:
        outcome: Of the request.
        probe: Asks the other regions.
        how: What showed that the credentials are refused.
    """
    if region := probe.region_of_project():
        return wrong_region(probe.host, region)
    return wrong_credentials(probe.host, how, is_account_unknown=outcome.unknown_account)


def without_data(probe: Probe) -> Finding | None:
    """Return why there is no data, or None if the credentials are right.

    Wrong credentials may read nothing, without an error. [HV2] So an empty upload is sent, which
    changes nothing and is refused aloud. [VCR]
    """
    outcome = probe.empty_upload()
    if isinstance(outcome, Success):
        return None
    if isinstance(outcome, Unauthorized):
        return refused(outcome, probe, SILENTLY)
    message = f"{probe.host}: it gives no event and no error, as wrong credentials may"
    advice = "check account_id, passcode and region, or that the project has events"
    return Finding("credentials", "no_data", message, advice)
