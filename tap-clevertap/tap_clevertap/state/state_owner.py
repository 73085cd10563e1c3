"""Whose data a state is about: it is not read for another account, or from another host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tap_clevertap._plugin.account import binding, host_of_memory
from tap_clevertap._plugin.shown import shown
from tap_clevertap.errors import StateError
from tap_clevertap.state.state_files import our_streams
from tap_clevertap.streams.stream_names import EXPORTED_STREAMS, NOT_OF_API

if TYPE_CHECKING:
    from collections.abc import Mapping

NO_HOST = ""
"""Of export files: their account alone owns a state."""
ADVICE = (
    "keep a state for each (meltano run --state-id-suffix=NAME), or start again with an empty one "
    "(meltano run --full-refresh)"
)


class StateOwner(NamedTuple):
    """Digests of the account at its host, and of the account alone; the host for messages."""

    binding: str
    files_binding: str
    host: str

    @classmethod
    def of(cls, account_id: str, url: str) -> StateOwner:
        """Return the owner of an account's data at a URL, and in files."""
        return cls(binding(account_id, url), binding(account_id, NO_HOST), host_of_memory(url))


def bind_state(bookmarks: Mapping[str, Any], owner: StateOwner) -> None:
    """Write the owner into the state of each stream of the API that has one."""
    for stream in our_streams(bookmarks):
        if stream not in NOT_OF_API and (state := bookmarks.get(stream)):
            state["account"], state["host"] = owner.binding, owner.host


def bind_files(stream_state: dict[str, Any], owner: StateOwner) -> None:
    """Write the owner into the state of a stream of export files."""
    stream_state["account"] = owner.files_binding


def check_account(bookmarks: Mapping[str, Any], owner: StateOwner) -> bool:
    """Refuse a state of another account or host; return whether a stream's state has no owner.

    Args:
        bookmarks: The state of each stream, by its name.
        owner: Of this run.

    Raises:
        StateError: With the hosts, but without the account, which is a secret.
    """
    names = [stream for stream in our_streams(bookmarks) if bookmarks[stream]]
    of_files = [bookmarks[stream] for stream in names if stream in EXPORTED_STREAMS]
    if any(state.get("account", owner.files_binding) != owner.files_binding for state in of_files):
        message = f"state: its export files are those of another account; {ADVICE}"
        raise StateError(message)
    states = [bookmarks[stream] for stream in names if stream not in NOT_OF_API]
    for state in states:
        if state.get("account", owner.binding) != owner.binding:
            raise _other_owner(state.get("host"), owner)
    return any("account" not in state for state in states)


def _other_owner(kept: object, owner: StateOwner) -> StateError:
    whose = "another account" if kept == owner.host else f"an account at {shown(kept)}"
    message = (
        f"state: it belongs to {whose}, this run reads an account at {shown(owner.host)}; {ADVICE}"
    )
    return StateError(message)
