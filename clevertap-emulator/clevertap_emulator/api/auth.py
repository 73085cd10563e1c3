"""Credentials, and the limits on requests in flight and on uploads a second."""

from __future__ import annotations

import hmac
import time
from collections import Counter
from typing import TYPE_CHECKING

from clevertap_emulator.api.request import USER_CALLS
from clevertap_emulator.api.responses import UNKNOWN_ACCOUNT, WRONG_PASSCODE, ApiResponse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clevertap_emulator.settings import Settings

READS, UPLOADS, CALLS = "reads", "uploads", "calls"


def quota_of(path: str) -> str | None:
    """Return the limit that a path counts against [D:api-request-limit].

    `reads`, `uploads`, or `calls` about users; None if it counts against none.
    """
    if path == "/1/upload":
        return UPLOADS
    if path in USER_CALLS:
        return CALLS
    return READS if path.startswith("/1/") else None


class UploadRateLimit:
    """A token bucket: a number of uploads a second, also in one burst."""

    def __init__(self, per_second: int) -> None:
        self._per_second = per_second
        self._left = float(per_second)
        self._counted = time.monotonic()

    def allow(self) -> bool:
        """Count an upload and return True, or return False if there are too many."""
        now = time.monotonic()
        refilled = (now - self._counted) * self._per_second
        self._left = min(self._per_second, self._left + refilled)
        self._counted = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class RequestLimits:
    """Counts the requests in flight, per quota, and the uploads of a second."""

    def __init__(self, settings: Settings) -> None:
        self._limits = {
            READS: settings.reads_in_flight,
            UPLOADS: settings.uploads_in_flight,
            CALLS: settings.calls_in_flight,
        }
        self._level: Counter[str] = Counter()
        per_second = settings.uploads_per_second
        self._upload_rate = UploadRateLimit(per_second) if per_second else None

    def enter(self, quota: str | None) -> int:
        """Count a request on arrival; return the number in flight, this one included."""
        if quota is None:
            return 0
        self._level[quota] += 1
        return self._level[quota]

    def leave(self, quota: str | None) -> None:
        """Stop counting a request once its response is sent."""
        if quota is not None:
            self._level[quota] -= 1

    def in_flight(self) -> dict[str, int]:
        """Return the number of requests in flight, per quota."""
        return {quota: self._level[quota] for quota in self._limits}

    def exceeded(self, quota: str | None, level: int) -> bool:
        """Return whether a request is over a limit; `level` is what `enter` returned for it."""
        if quota is None:
            return False
        if level > self._limits[quota]:
            return True
        return quota == UPLOADS and self._upload_rate is not None and not self._upload_rate.allow()


class CredentialCheck:
    """Compares the credentials of a request with the account's."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def check(self, headers: Mapping[str, str]) -> ApiResponse | None:
        """Return the 401 for unknown credentials; None for the right ones."""
        if headers.get("x-clevertap-account-id", "") != self._settings.account_id:
            return UNKNOWN_ACCOUNT
        passcode = headers.get("x-clevertap-passcode", "").encode()
        if not hmac.compare_digest(passcode, self._settings.passcode.encode()):
            return WRONG_PASSCODE
        return WRONG_PASSCODE if self._settings.wrong_region else None
