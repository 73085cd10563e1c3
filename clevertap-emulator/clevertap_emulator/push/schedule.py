"""When a message is sent for the first time, and when it is sent again."""

from __future__ import annotations

import asyncio
import heapq
from itertools import count
from typing import TYPE_CHECKING

from clevertap_emulator.push.outcome import Pushed

if TYPE_CHECKING:
    from collections.abc import Callable

    from clevertap_emulator.push.messages import PushMessage
    from clevertap_emulator.push.settings import PushSettings

MOST_WAITING = 20_000
"""Messages that wait to be sent again, before no new ones are sent."""


class PushSchedule:
    """Hands out what is due, to one taker at a time."""

    def __init__(self, settings: PushSettings, make: Callable[[int], PushMessage]) -> None:
        self._settings = settings
        self._make = make
        self._next = settings.first
        self._began: float | None = None
        self._again: list[tuple[float, int, Pushed]] = []
        self._order = count()
        self._in_flight = 0
        self._turn = asyncio.Lock()
        self._changed = asyncio.Event()
        self._is_stopped = False

    async def take(self) -> Pushed | None:
        """Wait for a message that is due, and return it; None at the end."""
        async with self._turn:
            while not self._is_over:
                self._changed.clear()
                now = asyncio.get_running_loop().time()
                due = self._due(now)
                if due is not None and due <= now:
                    self._in_flight += 1
                    return self._taken(now)
                await self._wait(None if due is None else due - now)
        return None

    def settle(self) -> None:
        """Take note that a message that was taken is not sent again."""
        self._in_flight -= 1
        self._changed.set()

    def put_back(self, outcome: Pushed) -> None:
        """Have a message that was taken sent again, after the pause."""
        due = asyncio.get_running_loop().time() + self._settings.retry_seconds
        heapq.heappush(self._again, (due, next(self._order), outcome))
        self.settle()

    def stop(self) -> None:
        """Hand out nothing any more."""
        self._is_stopped = True
        self._changed.set()

    def left(self) -> list[Pushed]:
        """Return what was to be sent again."""
        return [outcome for _, _, outcome in sorted(self._again)]

    @property
    def _has_new(self) -> bool:
        settings = self._settings
        return not settings.messages or self._next < settings.first + settings.messages

    @property
    def _is_over(self) -> bool:
        is_done = not self._has_new and not self._again and not self._in_flight
        return self._is_stopped or is_done

    def _due(self, now: float) -> float | None:
        """Return when the next message is due; None if that depends on those in flight."""
        again = self._again[0][0] if self._again else None
        if not self._has_new or len(self._again) >= MOST_WAITING:
            return again
        self._began = now if self._began is None else self._began
        rate = self._settings.rate
        new = self._began + (self._next - self._settings.first) / rate if rate else now
        return new if again is None else min(new, again)

    def _taken(self, now: float) -> Pushed:
        if self._again and self._again[0][0] <= now:
            return heapq.heappop(self._again)[2]
        number, self._next = self._next, self._next + 1
        return Pushed(self._make(number))

    async def _wait(self, seconds: float | None) -> None:
        try:
            await asyncio.wait_for(self._changed.wait(), seconds)
        except asyncio.TimeoutError:
            return
