"""The fast path: stretches of the input that other processes prepare while this one sends.

A stretch is some whole lines. What it becomes is taken in the order of the input, like the lines
that the reading thread takes one by one; nothing happens before its turn. Preparing has no effect
of its own, so an answer that came too late, after its stream had changed, is simply not used.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import wait
from dataclasses import dataclass
from typing import TYPE_CHECKING

from target_clevertap.recipes import can_be_told

if TYPE_CHECKING:
    from collections.abc import Iterable
    from concurrent.futures import Future

    from target_clevertap.intake import Intake
    from target_clevertap.streams import Stream
    from target_clevertap.worker import Part
    from target_clevertap.workers import Workers

FULL_BYTES = 1 << 15
"""From this on a stretch is worth a process: smaller ones come from a tap that is slower."""
STRETCHES_AHEAD = 5
LARGEST_BYTES = 1 << 20
"""Larger ones hold a line of that size, and five of them more than is bounded anywhere."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Whole lines on their way to a process and back."""

    content: bytes
    edition: int
    answer: Future[list[Part]]


class Ahead:
    """Stretches that are prepared, in the order of the input; only the reading thread uses it."""

    def __init__(self, workers: Workers, intake: Intake) -> None:
        """Know no stream yet.

        Args:
            workers: Prepare the stretches.
            intake: Takes what they made.
        """
        self._workers = workers
        self._intake = intake
        self._pending: deque[Stretch] = deque()
        self._streams: dict[str, Stream] = {}
        self._schemas: set[bytes] = set()
        self._edition = 0

    def know(self, streams: Iterable[Stream]) -> None:
        """Note what the streams are from now on; those with stream maps are not prepared."""
        known = [*streams]
        plans = {
            each.origin.stream: each.plan
            for each in known
            if each.plan is not None and can_be_told(each.plan)
        }
        self._streams = {each.origin.stream: each for each in known if each.origin.stream in plans}
        self._schemas = {each.origin.schema_line.strip() for each in known}
        self._edition += 1
        self._workers.know([*plans.values()])

    def knows(self, schema_line: bytes) -> bool:
        """Tell whether this SCHEMA line says what is known already."""
        return schema_line.strip() in self._schemas

    def wants(self, content: bytes) -> bool:
        """Tell whether to put whole lines here, rather than take them one by one."""
        return bool(self._pending) or (bool(self._streams) and len(content) >= FULL_BYTES)

    def put(self, content: bytes) -> None:
        """Have whole lines prepared."""
        self._pending.append(Stretch(content, self._edition, self._workers.submit(content)))

    @property
    def is_full(self) -> bool:
        """Whether to put nothing more before something was taken."""
        return len(self._pending) >= STRETCHES_AHEAD

    @property
    def is_empty(self) -> bool:
        """Whether everything was taken."""
        return not self._pending

    def take(self, seconds: float) -> Stretch | None:
        """Return the next stretch, or None where it is not prepared yet.

        Args:
            seconds: How long to wait for it.
        """
        if not self._pending or not wait([self._pending[0].answer], seconds).done:
            return None
        return self._pending.popleft()

    def add(self, stretch: Stretch, part: Part) -> bool:
        """Take in a part of the next stretch; return whether that was possible.

        It is not possible for odd lines, nor where a SCHEMA came after the stretch was put here.
        """
        if part.is_odd or stretch.edition != self._edition:
            return False
        self._intake.take_prepared(self._streams, part)
        return True
