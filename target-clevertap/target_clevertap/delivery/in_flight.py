"""Names that are on their way: what one lane is sending, no other lane sends meanwhile.

Equal names come in one lane where the user is part of the name. A key alone names an event of any
user. So an event whose user was identified meanwhile may come in two lanes.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from target_clevertap.errors import StoppedError

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

POLL_SECONDS = 0.1


class NamesInFlight:
    """The names of all lanes.

    - May be used from any thread.
    - A lane reserves all names of a batch at once and has no others, so no two lanes wait for each
      other.
    """

    def __init__(self) -> None:
        self._names: set[bytes] = set()
        self._changed = threading.Condition()

    def reserve(self, names: AbstractSet[bytes], stopping: threading.Event) -> None:
        """Wait until no other lane has one of these names, and keep others from them.

        Args:
            names: Of one batch.
            stopping: Set when the run is ending.

        Raises:
            StoppedError: When the run is ending.
        """
        if not names:
            return
        with self._changed:
            while not self._names.isdisjoint(names):
                if stopping.is_set():
                    raise StoppedError
                self._changed.wait(POLL_SECONDS)
            self._names |= names

    def release(self, names: AbstractSet[bytes]) -> None:
        """Let other lanes reserve names, as what became of them is written down."""
        if not names:
            return
        with self._changed:
            self._names -= names
            self._changed.notify_all()
