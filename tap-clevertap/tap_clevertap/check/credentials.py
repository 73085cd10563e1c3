"""Which of the credentials is wrong: account id, passcode or region, refused aloud or silently."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_clevertap.api.outcomes import Success, Unauthorized
from tap_clevertap.check.findings import Finding

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
        message = f"{probe.host}: the project is not there, but in `{region}`"
        advice = f"set region to {region}, and api_url, if it is set, to that region's host"
        return Finding("region", "wrong_region", message, advice)
    if outcome.unknown_account:
        message = f"{probe.host}: it does not know the account_id ({how})"
        advice = "copy it from Settings, Project in the dashboard, and check region"
        return Finding("credentials", "wrong_account_id", message, advice)
    message = f"{probe.host}: it refuses the passcode of this account_id ({how})"
    advice = (
        "copy one from Settings, Passcode in the dashboard, and check region: another region "
        "refuses a right one too"
    )
    return Finding("credentials", "wrong_passcode", message, advice)


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
