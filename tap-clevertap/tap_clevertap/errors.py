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
            f"{host} refuses the credentials (401): check account_id, passcode and region; "
            "a right passcode is refused in the wrong region too.",
        )


class HostError(CleverTapError):
    """The host does not prove to be the one that was meant."""


class StateError(CleverTapError):
    """The state cannot be continued from."""
