"""Sends messages over several connections, and ends after the last one, or on a signal."""

from __future__ import annotations

import asyncio
import signal
import time
from typing import TYPE_CHECKING

from clevertap_emulator.push.connection import PushConnection, PushFailure
from clevertap_emulator.push.outcome import ANSWERED
from clevertap_emulator.push.schedule import PushSchedule

if TYPE_CHECKING:
    from collections.abc import Callable

    from clevertap_emulator.push.connection import PushResult
    from clevertap_emulator.push.messages import PushMessage
    from clevertap_emulator.push.outcome import Pushed
    from clevertap_emulator.push.request import PushDestination
    from clevertap_emulator.push.settings import PushSettings


class PushSender:
    """Sends messages.

    Args:
        destination: Where they go.
        settings: Of pushing.
        take: Takes each message once it is settled, and at the end those that are not.
    """

    def __init__(
        self,
        destination: PushDestination,
        settings: PushSettings,
        take: Callable[[Pushed], None],
    ) -> None:
        self._destination = destination
        self._settings = settings
        self._take = take

    async def send(self, make: Callable[[int], PushMessage]) -> None:
        """Send until all are settled, or until SIGTERM or SIGINT.

        Args:
            make: Returns the message of a number.
        """
        schedule = PushSchedule(self._settings, make)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, schedule.stop)
        await asyncio.gather(
            *(self._work(schedule) for _ in range(self._settings.connections)),
        )
        for outcome in schedule.left():
            self._take(outcome)

    async def _work(self, schedule: PushSchedule) -> None:
        connection = PushConnection(self._destination, self._settings.timeout)
        try:
            while (outcome := await schedule.take()) is not None:
                if await self._is_settled(connection, outcome):
                    self._take(outcome)
                    schedule.settle()
                else:
                    schedule.put_back(outcome)
        finally:
            connection.close()

    async def _is_settled(self, connection: PushConnection, outcome: Pushed) -> bool:
        """Send a message once more; return whether that was the last time."""
        began = time.perf_counter()
        request = self._destination.request(outcome.message)
        result: PushResult = await connection.attempt(request)
        if result == ANSWERED and self._is_to_be_lost(outcome):
            connection.close()
            result = PushFailure.LOST
        outcome.attempts.append((result, time.perf_counter() - began))
        return result == ANSWERED or len(outcome.attempts) > self._settings.retries

    def _is_to_be_lost(self, outcome: Pushed) -> bool:
        one_in = self._settings.lose_one_in
        is_first = not outcome.attempts
        return bool(one_in) and is_first and outcome.message.number % one_in == 0
