"""Who is let in: credentials, how many requests may be in flight, how many uploads a second."""

from __future__ import annotations

import hmac
import time
from collections import Counter
from typing import TYPE_CHECKING

from clevertap_emulator.api.responses import UNKNOWN_ACCOUNT, WRONG_PASSCODE, ApiResponse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clevertap_emulator.settings import Settings

READS, UPLOADS = "reads", "uploads"


def quota_of(path: str) -> str | None:
    """Return which limit a path counts against [D:api-request-limit]; None for none."""
    if path == "/1/upload":
        return UPLOADS
    return READS if path.startswith("/1/") else None


class UploadRateLimit:
    """Lets so many uploads a second through; those of one second may come all at once."""

    def __init__(self, per_second: int) -> None:
        self._per_second = per_second
        self._left = float(per_second)
        self._counted = time.monotonic()

    def lets_through(self) -> bool:
        """Count one more upload, unless it is too early for it."""
        now = time.monotonic()
        came_back = (now - self._counted) * self._per_second
        self._left = min(self._per_second, self._left + came_back)
        self._counted = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class Admission:
    """Checks callers and counts what is in flight, per lane."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._limits = {READS: settings.reads_in_flight, UPLOADS: settings.uploads_in_flight}
        self._level: Counter[str] = Counter()
        most = settings.uploads_per_second
        self._pace = UploadRateLimit(most) if most else None

    def enter(self, quota: str | None) -> int:
        """Count a request from its arrival; return how many there are with it."""
        if quota is None:
            return 0
        self._level[quota] += 1
        return self._level[quota]

    def leave(self, quota: str | None) -> None:
        """Stop counting a request, once its answer is sent."""
        if quota is not None:
            self._level[quota] -= 1

    def turned_away(self, quota: str | None, level: int) -> bool:
        """Tell whether a request is one too many, in flight or of this second."""
        if quota is None:
            return False
        if level > self._limits[quota]:
            return True
        return quota == UPLOADS and self._pace is not None and not self._pace.lets_through()

    def refusal(self, headers: Mapping[str, str]) -> ApiResponse | None:
        """Return the 401 for a stranger, None for a caller with the right credentials."""
        if headers.get("x-clevertap-account-id", "") != self._settings.account_id:
            return UNKNOWN_ACCOUNT
        passcode = headers.get("x-clevertap-passcode", "").encode()
        if not hmac.compare_digest(passcode, self._settings.passcode.encode()):
            return WRONG_PASSCODE
        return WRONG_PASSCODE if self._settings.wrong_region else None
