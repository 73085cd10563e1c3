"""The log of refused records: counts over all of them, and the last ones with their users."""

from __future__ import annotations

from collections import Counter, deque
from typing import Any

import msgspec

from clevertap_emulator.api.parsing import JSON_ERRORS
from clevertap_emulator.api.record_checks import USER_KEYS, error_text

KEPT_REFUSALS = 10_000
LONGEST_RECORD = 2_000
LONGEST_USER = 1_024


class LoggedRefusal(msgspec.Struct):
    """A refused record, cut to 2,000 characters.

    `number` is its number in the request, from 1; `user` its user key or address as text.
    """

    request: int
    number: int
    kind: str
    code: int
    reason: str
    user: str | None
    record: str


class _Fields(msgspec.Struct):
    """What a refused record may say about itself, whatever its types are."""

    type: Any = None
    identity: Any = None
    objectId: Any = None  # noqa: N815 - CleverTap's spelling
    FBID: Any = None
    GPID: Any = None
    value: Any = None

    @property
    def user(self) -> str | None:
        given = (getattr(self, key) for key in (*USER_KEYS, "value"))
        written = (str(each).strip() for each in given if each is not None)
        return next((each[:LONGEST_USER] for each in written if each), None)


def record_text(raw: bytes) -> str:
    """Return a record as text, cut to 2,000 characters; bytes that are not UTF-8 are escaped."""
    longest = 4 * LONGEST_RECORD  # bytes of a character in UTF-8, at most
    text = bytes(memoryview(raw)[: longest + 1]).decode(errors="backslashreplace")
    return text if len(text) <= LONGEST_RECORD else text[:LONGEST_RECORD] + "…"


class RefusalLog:
    """Counts by kind and code, and the last 10,000 refused records."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, int]] = Counter()
        self.last: deque[LoggedRefusal] = deque(maxlen=KEPT_REFUSALS)

    def reset(self) -> None:
        """Forget all of them."""
        self.counts.clear()
        self.last.clear()

    def add(
        self, raw: msgspec.Raw, request: int, number: int, code: int, kind: str | None = None
    ) -> None:
        """Log a refused record.

        Args:
            raw: The record as received.
            request: Number of its request.
            number: Its number in the request, from 1.
            code: Its error code.
            kind: The kind of the call; None for an upload, whose records name their type.
        """
        fields = _fields(raw)
        kind = kind or _kind(fields.type)
        self.counts[kind, code] += 1
        reason = error_text(code, None)
        self.last.append(
            LoggedRefusal(request, number, kind, code, reason, fields.user, record_text(raw))
        )


def _fields(raw: msgspec.Raw) -> _Fields:
    try:
        return msgspec.json.decode(raw, type=_Fields)
    except JSON_ERRORS:
        return _Fields()


def _kind(named: object) -> str:
    return named if named in ("event", "profile", "token") and isinstance(named, str) else "other"
