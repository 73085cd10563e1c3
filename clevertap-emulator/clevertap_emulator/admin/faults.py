"""Scheduled faults: which requests they hit, and what they do to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Any, Literal

import msgspec

Kind = Literal["open", "page", "upload", "schema", "count", "profile", "other"]


class Match(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """Which requests a fault hits; what is not given does not restrict.

    `number` and `every` count the requests that match the rest, from 1, since the fault was set.
    """

    path: str | None = None
    method: str | None = None
    kind: Kind | None = None
    event_name: str | None = None
    number: int | list[int] | None = None
    every: int | None = None
    rate: float | None = None
    times: int | None = None


class Action(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """What a fault does: usually one field, some together (`status` with `body`, `headers`)."""

    status: int | None = None
    body: Any = None
    headers: dict[str, str] | None = None
    effect: bool = False
    delay: float | None = None
    delay_effect: float | None = None
    cut: Literal["before", "after"] | None = None
    truncate: int | None = None
    clip: int | None = None
    html: bool = False
    empty: bool = False
    expire_cursor: bool = False
    repeat_cursor: bool = False
    repeat_row: bool = False
    reset_code2: int | None = None
    processed: int | None = None
    drop_unprocessed_number: bool = False
    record_code: dict[int, int] | None = None


class Fault(msgspec.Struct, forbid_unknown_fields=True):
    """One scheduled fault as posted."""

    match: Match
    action: Action


@dataclass
class Armed:
    """A fault with what it has seen and done so far."""

    fault: Fault
    rng: Random
    seen: int = 0
    fired: int = 0

    def fires(self, request: Marks) -> bool:
        """Count a matching request and tell whether this one is hit."""
        match = self.fault.match
        if not _concerns(match, request):
            return False
        self.seen += 1
        if match.times is not None and self.fired >= match.times:
            return False
        if not self._due(match):
            return False
        self.fired += 1
        return True

    def _due(self, match: Match) -> bool:
        if match.number is not None:
            numbers = [match.number] if isinstance(match.number, int) else match.number
            return self.seen in numbers
        if match.every is not None:
            return self.seen % match.every == 0
        return match.rate is None or self.rng.random() < match.rate


@dataclass(frozen=True)
class Marks:
    """What a fault can recognise a request by."""

    path: str
    method: str
    kind: str
    event_name: str | None


def _concerns(match: Match, request: Marks) -> bool:
    return (
        (match.path is None or request.path.startswith(match.path))
        and (match.method is None or request.method == match.method.upper())
        and (match.kind is None or request.kind == match.kind)
        and (match.event_name is None or request.event_name == match.event_name)
    )


@dataclass
class Faults:
    """The faults in force; the first one that fires decides a request."""

    seed: int
    _armed: list[Armed] = field(default_factory=list)

    def schedule(self, body: bytes) -> None:
        """Replace all faults by a JSON list of them.

        Raises:
            msgspec.MsgspecError: the text is not a list of faults.
        """
        faults = msgspec.json.decode(body, type=list[Fault])
        self._armed = [
            Armed(fault, Random(f"{self.seed}/fault/{number}"))  # noqa: S311 - seeded on purpose
            for number, fault in enumerate(faults)
        ]

    def clear(self) -> None:
        """Drop all faults."""
        self._armed = []

    def listed(self) -> list[dict[str, Any]]:
        """Describe the faults and how often each saw and hit a request."""
        return [
            {
                "match": armed.fault.match,
                "action": armed.fault.action,
                "matched": armed.seen,
                "fired": armed.fired,
            }
            for armed in self._armed
        ]

    def hit(self, request: Marks) -> Action:
        """Return what happens to a request: an empty action mostly."""
        fired = [armed for armed in self._armed if armed.fires(request)]
        return fired[0].fault.action if fired else Action()
