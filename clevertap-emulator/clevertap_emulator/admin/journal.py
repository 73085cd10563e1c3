"""The log of API requests and their responses."""

from __future__ import annotations

import time
from collections import Counter, deque
from typing import Any

import msgspec

KEPT_REQUESTS = 200_000


class LoggedRequest(msgspec.Struct):
    """One API request; `time` is in epoch seconds; without passcode and cursor."""

    number: int
    time: float
    method: str
    path: str
    kind: str
    event_name: str | None = None
    first_day: Any = msgspec.field(default=None, name="from")
    last_day: Any = msgspec.field(default=None, name="to")
    flags: dict[str, str] = msgspec.field(default_factory=dict)
    records: int | None = None
    bytes: int = 0
    in_flight: int = 0
    status: int | None = None
    code: int | None = None
    answer_bytes: int = 0
    seconds: float | None = None


class Journal:
    """The last requests, and counters over all of them."""

    def __init__(self) -> None:
        self._numbered = 0
        self.reset()

    def reset(self) -> None:
        """Forget all requests; numbers start again at 1."""
        self._numbered = 0
        self._entries: deque[LoggedRequest] = deque(maxlen=KEPT_REQUESTS)
        self.kinds: Counter[str] = Counter()
        self.max_in_flight = {"reads": 0, "uploads": 0, "calls": 0}

    def add(self, method: str, path: str, kind: str) -> LoggedRequest:
        """Log a request on arrival."""
        self._numbered += 1
        self.kinds[kind] += 1
        logged = LoggedRequest(self._numbered, time.time(), method, path, kind)
        self._entries.append(logged)
        return logged

    def note_in_flight(self, quota: str, level: int) -> None:
        """Log the number of requests of a quota in flight."""
        self.max_in_flight[quota] = max(self.max_in_flight[quota], level)

    def since(self, number: int) -> list[LoggedRequest]:
        """Return the kept requests after a number."""
        return [logged for logged in self._entries if logged.number > number]
