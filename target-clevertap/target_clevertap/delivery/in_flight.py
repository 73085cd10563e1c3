"""Names that are on their way: what one lane is sending, no other lane sends meanwhile.

Equal names come in one lane where the user is part of the name. A key alone names an event
whoever its user is, so an event whose user was identified meanwhile may come in two lanes.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

POLL_SECONDS = 0.1


class NamesInFlight:
    """The names of all lanes; may be used from any thread.

    A lane takes all names of a batch at once and holds no others, so no two lanes wait for each
    other.
    """

    def __init__(self) -> None:
        """Know of none yet."""
        self._names: set[bytes] = set()
        self._changed = threading.Condition()

    def take(self, names: AbstractSet[bytes], stopping: threading.Event) -> bool:
        """Wait until no other lane has one of these names, and take them.

        Args:
            names: Of one batch.
            stopping: Set when the run is ending.

        Returns:
            Whether they are taken; not so where the run is ending.
        """
        with self._changed:
            while not self._names.isdisjoint(names):
                if stopping.is_set():
                    return False
                self._changed.wait(POLL_SECONDS)
            self._names |= names
        return True

    def release(self, names: AbstractSet[bytes]) -> None:
        """Let other lanes take names whose end is written down."""
        with self._changed:
            self._names -= names
            self._changed.notify_all()
