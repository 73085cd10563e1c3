"""The log of API requests and their responses."""

from __future__ import annotations

import time
from collections import Counter, deque
from dataclasses import dataclass
from itertools import islice, takewhile
from typing import Any

import msgspec

KEPT_REQUESTS = 200_000
HTTP_ERROR = 400


class LoggedRequest(msgspec.Struct):
    """One API request; `time` is in epoch seconds; without passcode and cursor.

    `unprocessed` is the number of its records that were refused, `faulty` whether a fault fired.
    """

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
    unprocessed: int | None = None
    bytes: int = 0
    in_flight: int = 0
    status: int | None = None
    code: int | None = None
    answer_bytes: int = 0
    seconds: float | None = None
    faulty: bool = False

    @property
    def failed(self) -> bool:
        """Whether it was cut, was answered with an error, or had refused records."""
        if self.seconds is None:
            return False
        return (
            self.status is None
            or self.status >= HTTP_ERROR
            or self.code is not None
            or bool(self.unprocessed)
        )


@dataclass(frozen=True)
class RequestSelection:
    """The requests to list; by default all of them."""

    since: int = 0
    before: int | None = None
    limit: int | None = None
    kind: str | None = None
    failed_only: bool = False

    def takes(self, logged: LoggedRequest) -> bool:
        """Return whether a request after `since` is listed."""
        return (
            (self.before is None or logged.number < self.before)
            and (self.kind is None or logged.kind == self.kind)
            and (logged.failed or not self.failed_only)
        )


class Journal:
    """The last requests, and counters over all of them.

    `kinds` counts requests on arrival, `outcomes` once they ended: by kind, status and code.
    """

    def __init__(self) -> None:
        self._numbered = 0
        self.reset()

    def reset(self) -> None:
        """Forget all requests; numbers start again at 1."""
        self._numbered = 0
        self._entries: deque[LoggedRequest] = deque(maxlen=KEPT_REQUESTS)
        self._in_flight: dict[int, tuple[LoggedRequest, float]] = {}
        self.kinds: Counter[str] = Counter()
        self.outcomes: Counter[tuple[str, int | None, int | None]] = Counter()
        self.max_in_flight = {"reads": 0, "uploads": 0, "calls": 0}

    def add(self, method: str, path: str, kind: str) -> LoggedRequest:
        """Log a request on arrival; `settle` logs its end."""
        logged = self.add_file(path, kind, method)
        self._in_flight[logged.number] = logged, time.monotonic()
        return logged

    def add_file(self, path: str, kind: str, method: str) -> LoggedRequest:
        """Log a file on arrival, which has no end of its own."""
        self._numbered += 1
        self.kinds[kind] += 1
        logged = LoggedRequest(self._numbered, time.time(), method, path, kind)
        self._entries.append(logged)
        return logged

    def settle(self, logged: LoggedRequest) -> None:
        """Log the end of a request, unless it is from before a reset."""
        known, began = self._in_flight.get(logged.number, (None, 0.0))
        if known is logged:
            del self._in_flight[logged.number]
            logged.seconds = round(time.monotonic() - began, 6)
            self.outcomes[logged.kind, logged.status, logged.code] += 1

    def note_in_flight(self, quota: str, level: int) -> None:
        """Log the number of requests of a quota in flight."""
        self.max_in_flight[quota] = max(self.max_in_flight[quota], level)

    @property
    def settled_to(self) -> int:
        """The number up to which all requests ended."""
        return next(iter(self._in_flight), self._numbered + 1) - 1

    @property
    def last_number(self) -> int:
        """The number of the newest request."""
        return self._numbered

    def select(self, selection: RequestSelection) -> list[LoggedRequest]:
        """Return the newest of the kept requests that are selected, in order of arrival."""
        new = takewhile(lambda each: each.number > selection.since, reversed(self._entries))
        found = list(islice(filter(selection.takes, new), selection.limit))
        return found[::-1]
