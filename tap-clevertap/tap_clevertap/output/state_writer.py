"""STATE messages: one behind the last record, whether it changed or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_sdk.helpers._state import StateWriter
from typing_extensions import override

if TYPE_CHECKING:
    from singer_sdk.singerlib.encoding.base import GenericSingerWriter


class LastStateWriter(StateWriter):
    """Writes a state that did not change again, where other messages followed it.

    Targets of the classic template forget a STATE at the next RECORD, and pass on none at all
    where the last message of a run is no STATE.
    """

    def __init__(self, message_writer: GenericSingerWriter[Any, Any]) -> None:
        super().__init__(message_writer)
        self._is_last = True
        self.has_written = False

    def followed(self) -> None:
        """Note that another message was written."""
        self._is_last = False

    @override
    def write_state(self, state: Any) -> None:
        if not any(state.get("bookmarks", {}).values()):
            return  # nothing was read yet, and nothing is remembered
        if not self._is_last:
            self._last_emitted_state = None
        super().write_state(state)
        self._is_last = self.has_written = True
