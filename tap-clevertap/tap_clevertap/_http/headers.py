# Source: tap-clevertap/tap_clevertap/_http/headers.py; copies: `make vendor`
"""Headers of requests: credentials and User-Agent. Headers of responses: Retry-After and Date."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from typing import TYPE_CHECKING

from .._plugin.errors import SettingError
from .._plugin.plugin_name import PLUGIN

if TYPE_CHECKING:
    from collections.abc import Mapping

ACCOUNT_HEADER = "X-CleverTap-Account-Id"
PASSCODE_HEADER = "X-CleverTap-Passcode"
LAST_INSTANT = 32_503_680_000
"""Epoch seconds of the year 3000: an instant beyond it is a mistake."""


def request_headers(account_id: str, passcode: str) -> dict[str, str]:
    """Return the headers of each request: credentials, plugin and version."""
    return {
        ACCOUNT_HEADER: account_id,
        PASSCODE_HEADER: passcode,
        "User-Agent": f"{PLUGIN}/{version(PLUGIN)}",
    }


def check_credential(name: str, value: str) -> None:
    """Check that a setting can be sent as a header.

    Raises:
        SettingError: With the name of the setting, but without its value.
    """
    if not value:
        message = f"{name}: it is empty; copy it from the dashboard"
        raise SettingError(message)
    if not value.isascii() or not value.isprintable() or " " in value:
        message = f"{name}: it must be printable ASCII without spaces; copy it from the dashboard"
        raise SettingError(message)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds of a Retry-After header, which has seconds or an HTTP date.

    Fractions of seconds count. A date in the past is 0 seconds.
    """
    text = headers.get("Retry-After", "")
    try:
        seconds = float(text)
    except ValueError:
        at = instant(text)
        return None if at is None else max(0.0, at - time.time())
    return seconds if 0 <= seconds < LAST_INSTANT else None  # excludes NaN


def instant(text: str) -> float | None:
    """Return the epoch seconds of an HTTP date, or None for anything else."""
    try:
        seconds = parsedate_to_datetime(text).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None
    return seconds if 0 <= seconds < LAST_INSTANT else None
