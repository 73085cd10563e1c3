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
HeaderName = Annotated[
    str,
    msgspec.Meta(
        pattern=r"\A(?!(?i:content-length|transfer-encoding)\Z)[0-9A-Za-z_!#$%&'*+.^`|~-]+\Z"
    ),
]
"""The server itself sets the length of a response; `truncate` and `clip` make it a wrong one."""
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


NO_ACTION = FaultAction()
"""What happens to a request on which no fault fires."""


class ScheduledFault(msgspec.Struct, forbid_unknown_fields=True):
    """One scheduled fault as posted."""

    match: RequestMatch
    action: FaultAction


class FaultError(ValueError):
    """The posted faults are not valid."""


@dataclass
class ActiveFault:
    """A fault and its counts: requests that matched, and requests on which it fired."""

    number: int
    fault: ScheduledFault
    rng: Random
    matched: int = 0
    fired: int = 0
    since: float = field(default_factory=time.monotonic)

    def is_due(self, target: FaultTarget) -> bool:
        """Count a matching request and return whether the fault is to fire on it."""
        match = self.fault.match
        if not _matches(match, target):
            return False
        self.matched += 1
        if match.times is not None and self.fired >= match.times:
            return False
        if match.within is not None and time.monotonic() - self.since > match.within:
            return False
        return self._due(match)

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
    _last: int = 0

    def schedule(self, body: bytes, *, keep: bool = False) -> None:
        """Replace all faults by a JSON list of them, or put these behind those that are active.

        Raises:
            FaultError: The text is not a list of faults; the old ones stay active.
        """
        try:
            faults = msgspec.json.decode(body, type=list[ScheduledFault])
        except JSON_ERRORS as error:
            raise FaultError(str(error)) from error
        kept = self._active if keep else []
        added = [
            ActiveFault(self._last + place, fault, self._rng(len(kept) + place - 1))
            for place, fault in enumerate(faults, 1)
        ]
        self._last += len(added)
        self._active = kept + added

    def _rng(self, position: int) -> Random:
        return Random(f"{self.seed}/fault/{position}")  # noqa: S311 - seeded on purpose

    def clear(self) -> None:
        """Drop all faults."""
        self._active = []

    def remove(self, number: int) -> None:
        """Drop one fault, if it is still active."""
        self._active = [active for active in self._active if active.number != number]

    @property
    def count(self) -> int:
        """The number of active faults."""
        return len(self._active)

    @property
    def fired(self) -> int:
        """The number of requests on which the active faults fired."""
        return sum(active.fired for active in self._active)

    def described(self) -> list[dict[str, Any]]:
        """Return the faults and the counts of each."""
        return [
            {
                "id": active.number,
                "match": active.fault.match,
                "action": active.fault.action,
                "matched": active.matched,
                "fired": active.fired,
            }
            for active in self._active
        ]

    def next_action(self, target: FaultTarget) -> FaultAction:
        """Return the action for a request; `NO_ACTION` if no fault fires."""
        due = [active for active in self._active if active.is_due(target)]
        if not due:
            return NO_ACTION
        due[0].fired += 1
        return due[0].fault.action
