"""What ends a run: a fact, and what to do about it.

CleverTapError          the run cannot go on
├── SettingsError       a setting is wrong, or a file that it names
├── CredentialsError    CleverTap does not accept id, passcode or region
├── HostError           the host does not prove to be the one that was meant
└── StateError          the state belongs to other settings or to a newer release
"""

from __future__ import annotations

import logging
from typing import IO, Any

import click
from typing_extensions import override

from tap_clevertap.shown import shown


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


class CleverTapError(click.ClickException):
    """The run cannot go on; shown as one line of the log, without a stack trace."""

    @override
    def show(self, file: IO[Any] | None = None) -> None:
        logging.getLogger("tap-clevertap").error("%s", self.message)


class SettingsError(CleverTapError):
    """A setting is wrong."""


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
