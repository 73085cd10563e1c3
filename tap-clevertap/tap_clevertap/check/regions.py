"""Whether a project is in another region than the configured one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_clevertap._http.hosts import HOSTS
from tap_clevertap._plugin.account import host_of_memory
from tap_clevertap.api.client import ExportClient
from tap_clevertap.api.outcomes import Success
from tap_clevertap.config.event_names import schema_events
from tap_clevertap.errors import CleverTapError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_clevertap.config.settings import TapSettings

REGION_SECONDS = 10.0
"""For the request to another region."""


def region_of_project(settings: TapSettings, timeout: Callable[[], float]) -> str | None:
    """Return the region where the credentials read events, if it is not the configured one.

    Args:
        settings: Of the run.
        timeout: Returns the seconds that a request may take; what it raises passes through.
    """
    used = host_of_memory(settings.url)
    if used not in HOSTS.values():
        return None  # a host of our own, such as the emulator
    for region, host in HOSTS.items():
        if host != used and _has_events(settings, host, min(REGION_SECONDS, timeout())):
            return region
    return None


def _has_events(settings: TapSettings, host: str, timeout: float) -> bool:
    client = ExportClient(
        url=f"https://{host}",
        account_id=settings.account_id,
        passcode=settings.passcode,
        request_timeout=timeout,
        max_in_flight=1,
    )
    try:
        outcome = client.request_schema("events")
        return isinstance(outcome, Success) and bool(schema_events(outcome.content).names)
    except CleverTapError:
        return False
