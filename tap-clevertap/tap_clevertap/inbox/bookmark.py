"""How far an inbox was read, in the state of its stream.

inbox        the random id of the inbox
message      the id of the last message all of whose records were written; 0 before the first
received_at  when it was received, in ms since 1970: after an old copy of an inbox was put back,
             its id is that of another message
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from tap_clevertap.errors import StateError
from tap_clevertap.state.state_files import FRESH_START

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_clevertap.inbox.store import Inbox, InboxMessage

STATE_VERSION = 1
OTHER_INBOX = "it is another inbox than that of the state, so all of its messages are read"
OLDER_COPY = (
    "it is an older copy of the inbox of the state, so all of its messages are read again, with "
    "the same keys"
)
Natural = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
"""As SQLite can hold it."""


class KeptPlace(msgspec.Struct):
    """What a stream's state has about an inbox; it may have other parts."""

    inbox: str = ""
    message: Natural = 0
    received_at: Natural = 0


def kept_place(stream_state: Mapping[str, Any]) -> KeptPlace:
    """Return what a state has about an inbox.

    Raises:
        StateError: If it cannot be read.
    """
    try:
        return msgspec.convert(stream_state, KeptPlace)
    except msgspec.ValidationError:
        message = f"state: its place in the inbox cannot be read; fix it, or {FRESH_START}"
        raise StateError(message) from None


class InboxBookmark:
    """How far an inbox was read, now and by earlier runs.

    The constructor raises a `StateError` as `kept_place` does.

    Args:
        stream_state: Of the stream; it is changed.
        inbox: That is read.
        again: Read all messages again.
    """

    def __init__(self, stream_state: dict[str, Any], inbox: Inbox, *, again: bool) -> None:
        self._state = stream_state
        kept = kept_place(stream_state)
        self.doubt = _doubt(kept, inbox)
        """Why the place in the state is not used; empty if it is."""
        self.delivered = 0 if self.doubt else kept.message
        """The id up to which the state proves messages as delivered."""
        self.message = 0 if again else self.delivered
        """The id up to which messages were read."""
        received_at = kept.received_at if self.message else 0
        place = {"inbox": inbox.inbox_id, "message": self.message, "received_at": received_at}
        self._state.update(place, version=STATE_VERSION)

    def take(self, message: InboxMessage) -> None:
        """Note that all records up to those of a message were written."""
        self.message = message.id
        self._state.update(message=message.id, received_at=message.received_at)


def _doubt(kept: KeptPlace, inbox: Inbox) -> str:
    if not kept.inbox:
        return ""
    if kept.inbox != inbox.inbox_id:
        return OTHER_INBOX
    return "" if _is_there(kept, inbox) else OLDER_COPY


def _is_there(kept: KeptPlace, inbox: Inbox) -> bool:
    """Return whether the last message that was read is in the inbox, or was forgotten."""
    if kept.message <= inbox.forgotten:
        return True
    found = inbox.messages_after(kept.message - 1, limit=1)
    return [each[:2] for each in found] == [(kept.message, kept.received_at)]
