"""Who is let in: credentials, and how many requests may be in flight."""

from __future__ import annotations

import hmac
from collections import Counter
from typing import TYPE_CHECKING

from clevertap_emulator.answers import UNKNOWN_ACCOUNT, WRONG_PASSCODE, Answer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clevertap_emulator.settings import Settings

READS, UPLOADS = "reads", "uploads"


def lane_of(path: str) -> str | None:
    """Return which limit a path counts against [D:api-request-limit]; None for none."""
    if path == "/1/upload":
        return UPLOADS
    return READS if path.startswith("/1/") else None


class Admission:
    """Checks callers and counts what is in flight, per lane."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._limits = {READS: settings.reads_in_flight, UPLOADS: settings.uploads_in_flight}
        self._level: Counter[str] = Counter()

    def enter(self, lane: str | None) -> int:
        """Count a request from its arrival; return how many there are with it."""
        if lane is None:
            return 0
        self._level[lane] += 1
        return self._level[lane]

    def leave(self, lane: str | None) -> None:
        """Stop counting a request, once its answer is sent."""
        if lane is not None:
            self._level[lane] -= 1

    def crowded(self, lane: str | None, level: int) -> bool:
        """Tell whether a request is one too many."""
        return lane is not None and level > self._limits[lane]

    def refusal(self, headers: Mapping[str, str]) -> Answer | None:
        """Return the 401 for a stranger, None for a caller with the right credentials."""
        if headers.get("x-clevertap-account-id", "") != self._settings.account_id:
            return UNKNOWN_ACCOUNT
        passcode = headers.get("x-clevertap-passcode", "").encode()
        if not hmac.compare_digest(passcode, self._settings.passcode.encode()):
            return WRONG_PASSCODE
        return WRONG_PASSCODE if self._settings.wrong_region else None
