"""Scheduled faults: the requests that each one matches, and its action."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from random import Random
from typing import Annotated, Any, Literal

import msgspec

from clevertap_emulator.api.count_faults import CountFault  # noqa: TC001 - read by msgspec
from clevertap_emulator.api.parsing import JSON_ERRORS

Positive = Annotated[int, msgspec.Meta(ge=1)]
NotNegative = Annotated[int, msgspec.Meta(ge=0)]
Seconds = Annotated[float, msgspec.Meta(ge=0)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Status = Annotated[int, msgspec.Meta(ge=200, le=599)]
HeaderName = Annotated[str, msgspec.Meta(pattern=r"\A[0-9A-Za-z_!#$%&'*+.^`|~-]+\Z")]
HeaderValue = Annotated[str, msgspec.Meta(pattern=r"\A[\t\x20-\x7e\x80-\xff]*\Z")]
RequestKind = Literal[
    "open",
    "page",
    "upload",
    "schema",
    "count",
    "poll",
    "profile",
    "report",
    "delete",
    "subscribe",
    "disassociate",
    "other",
]


class RequestMatch(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """The requests that a fault matches; a key that is not given does not restrict.

    `number` and `every` count the requests that match the rest, from 1, since the fault was set;
    `within` is the seconds since then in which it fires.
    """

    path: str | None = None
    method: str | None = None
    kind: RequestKind | None = None
    event_name: str | None = None
    number: Positive | list[Positive] | None = None
    every: Positive | None = None
    rate: Share | None = None
    times: NotNegative | None = None
    within: Seconds | None = None


class FaultAction(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """What a fault does: usually one field, some together (`status` with `body`, `headers`)."""

    status: Status | None = None
    body: Any = None
    headers: dict[HeaderName, HeaderValue] | None = None
    effect: bool = False
    delay: Seconds | None = None
    delay_effect: Seconds | None = None
    cut: Literal["before", "after"] | None = None
    truncate: NotNegative | None = None
    clip: NotNegative | None = None
    html: bool = False
    empty: bool = False
    expire_cursor: bool = False
    repeat_cursor: bool = False
    repeat_row: bool = False
    drop_row: bool = False
    reset_code2: NotNegative | None = None
    processed: int | None = None
    drop_unprocessed_number: bool = False
    record_code: dict[Positive, int] | None = None
    count: CountFault | None = None


class ScheduledFault(msgspec.Struct, forbid_unknown_fields=True):
    """One scheduled fault as posted."""

    match: RequestMatch
    action: FaultAction


class FaultError(ValueError):
    """The posted faults are not valid."""


@dataclass
class ActiveFault:
    """A fault and its counts: requests that matched, and requests on which it fired."""

    fault: ScheduledFault
    rng: Random
    matched: int = 0
    fired: int = 0
    since: float = field(default_factory=time.monotonic)

    def fires(self, target: FaultTarget) -> bool:
        """Count a matching request and return whether the fault fires on it."""
        match = self.fault.match
        if not _matches(match, target):
            return False
        self.matched += 1
        if match.times is not None and self.fired >= match.times:
            return False
        if match.within is not None and time.monotonic() - self.since > match.within:
            return False
        if not self._due(match):
            return False
        self.fired += 1
        return True

    def _due(self, match: RequestMatch) -> bool:
        if match.number is not None:
            numbers = [match.number] if isinstance(match.number, int) else match.number
            return self.matched in numbers
        if match.every is not None:
            return self.matched % match.every == 0
        return match.rate is None or self.rng.random() < match.rate


@dataclass(frozen=True)
class FaultTarget:
    """The facts of a request that a fault can match."""

    path: str
    method: str
    kind: str
    event_name: str | None


def _matches(match: RequestMatch, target: FaultTarget) -> bool:
    return (
        (match.path is None or target.path.startswith(match.path))
        and (match.method is None or target.method == match.method.upper())
        and (match.kind is None or target.kind == match.kind)
        and (match.event_name is None or target.event_name == match.event_name)
    )


@dataclass
class FaultSchedule:
    """The active faults; the first one that fires wins."""

    seed: int
    _active: list[ActiveFault] = field(default_factory=list)

    def schedule(self, body: bytes) -> None:
        """Replace all faults by a JSON list of them.

        Raises:
            FaultError: The text is not a list of faults; the old ones stay active.
        """
        try:
            faults = msgspec.json.decode(body, type=list[ScheduledFault])
        except JSON_ERRORS as error:
            raise FaultError(str(error)) from error
        self._active = [
            ActiveFault(fault, Random(f"{self.seed}/fault/{number}"))  # noqa: S311 - seeded on purpose
            for number, fault in enumerate(faults)
        ]

    def clear(self) -> None:
        """Drop all faults."""
        self._active = []

    def described(self) -> list[dict[str, Any]]:
        """Return the faults and the counts of each."""
        return [
            {
                "match": active.fault.match,
                "action": active.fault.action,
                "matched": active.matched,
                "fired": active.fired,
            }
            for active in self._active
        ]

    def next_action(self, target: FaultTarget) -> FaultAction:
        """Return the action for a request; an empty action if no fault fires."""
        fired = [active for active in self._active if active.fires(target)]
        return fired[0].fault.action if fired else FaultAction()
