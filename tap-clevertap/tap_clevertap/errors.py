"""What ends a run: a fact, and what to do about it.

CleverTapError          the run cannot go on
├── SettingError        a setting is wrong, or a file that it names
├── SystemLimitError    the system gives no more threads
├── CredentialsError    CleverTap does not accept id, passcode or region
├── HostError           the host does not prove to be the one that was meant
└── StateError          the state belongs to other settings or to a newer release
"""

from __future__ import annotations

from tap_clevertap._plugin.errors import CleverTapError, SettingError, SystemLimitError
from tap_clevertap._plugin.shown import shown

__all__ = [
    "CleverTapError",
    "CredentialsError",
    "HostError",
    "SettingError",
    "StateError",
    "SystemLimitError",
    "endless",
    "where",
]


def where(event_name: str, days: object) -> str:
    """Return how messages name an export."""
    return f"export of {shown(event_name)}, {days}"


def endless(place: str, pages: int, what: str) -> CleverTapError:
    """Return what ends a walk that goes on and on without anything new."""
    message = (
        f"{place}: its last {pages} pages came {what}, each with a new cursor; run again later, "
        "and ask CleverTap's support why it goes on"
    )
    return CleverTapError(message)


class CredentialsError(CleverTapError):
    """CleverTap answered 401."""

    def __init__(self, host: str) -> None:
        super().__init__(
            f"{host}: it refuses the credentials (401); check account_id, passcode and region: "
            "another region refuses a right passcode too",
        )


class HostError(CleverTapError):
    """The host does not prove to be the one that was meant."""


class StateError(CleverTapError):
    """The state cannot be continued from."""
