"""Storing a message while its sender waits, and knowing whether that works."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import TYPE_CHECKING, cast

from tap_clevertap.inbox.commits import NotStoredError
from tap_clevertap.inbox.limits import ANSWER_SECONDS

if TYPE_CHECKING:
    from tap_clevertap.inbox.arrivals import Arrival
    from tap_clevertap.inbox.commits import GroupCommit
    from tap_clevertap.inbox.log import ReceiverLog
    from tap_clevertap.inbox.writer import Taken

KNOWN_SECONDS = 1.0
"""How long a result holds: nobody can make the disk busy by asking."""
SLOW = "the disk takes longer than CleverTap waits; look at its load"


class Storing:
    """Stores messages within the time that a sender waits; one event loop uses it.

    Args:
        commits: Stores them.
        log: Is told when they cannot be stored, and when they can again.
    """

    def __init__(self, commits: GroupCommit, log: ReceiverLog) -> None:
        self._commits = commits
        self._log = log
        self._asking = asyncio.Lock()
        self._works = False
        self._known_at = -KNOWN_SECONDS

    async def store(self, arrival: Arrival) -> Taken:
        """Return what became of a message, once it is on the disk.

        Raises:
            NotStoredError: When it is not there in time; the log says why.
        """
        return cast("Taken", await self._waited_for(arrival))

    async def works(self) -> bool:
        """Return whether messages can be stored: some were just now, or it is tried."""
        async with self._asking:
            if time.monotonic() - self._known_at > KNOWN_SECONDS:
                with suppress(NotStoredError):  # noted by now
                    await self._waited_for(None)
            return self._works

    async def _waited_for(self, arrival: Arrival | None) -> Taken | None:
        try:
            taken = await asyncio.wait_for(self._commits.submit(arrival), ANSWER_SECONDS)
        except NotStoredError as error:
            self._note(works=False)
            self._log.not_stored(str(error))
            raise
        except (TimeoutError, asyncio.TimeoutError):
            self._note(works=False)
            self._log.not_stored(SLOW)
            raise NotStoredError(SLOW) from None
        self._note(works=True)
        self._log.stored(self._commits.inbox_id)
        return taken

    def _note(self, *, works: bool) -> None:
        self._works, self._known_at = works, time.monotonic()
