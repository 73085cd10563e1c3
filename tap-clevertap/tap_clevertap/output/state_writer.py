"""STATE messages: always one after the last record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_sdk.helpers._state import StateWriter
from typing_extensions import override

if TYPE_CHECKING:
    from singer_sdk.singerlib.encoding.base import GenericSingerWriter


class LastStateWriter(StateWriter):
    """Writes an unchanged state again if other messages followed it.

    - Targets of the classic template forget a STATE at the next RECORD. They emit none if the last
      message of a run is not a STATE.
    - The streams call `mark_followed` after each other message, in the main thread.
    """

    def __init__(self, message_writer: GenericSingerWriter[Any, Any]) -> None:
        super().__init__(message_writer)
        self._is_last = True
        self.has_written = False
        """Whether a STATE was written in this run."""

    def mark_followed(self) -> None:
        """Note that another message was written."""
        self._is_last = False

    @override
    def write_state(self, state: Any) -> None:
        if not any(state.get("bookmarks", {}).values()):
            return  # nothing was read, now or before
        if not self._is_last:
            self._last_emitted_state = None
        super().write_state(state)
        self._is_last = self.has_written = True
