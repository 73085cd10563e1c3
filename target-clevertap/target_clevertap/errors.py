"""The errors that end a run, by what has to happen next."""

from __future__ import annotations

import click
from singer_sdk.exceptions import MissingKeyPropertiesError, RecordsWithoutSchemaException


class CleverTapError(click.ClickException):
    """A run that cannot go on, told in one line that names what to change."""


class SettingError(CleverTapError):
    """A setting or rule that cannot work; nothing was read yet or the stream was not begun."""


class LedgerDamagedError(SettingError):
    """A ledger that no run left so: some of what was delivered may be missing in it."""


class InputError(CleverTapError):
    """A line of the input that cannot be used; what came before it is still delivered."""


class RecordBeforeSchemaError(InputError, RecordsWithoutSchemaException):
    """A record whose stream has no SCHEMA yet."""


class KeyMissingError(InputError, MissingKeyPropertiesError):
    """A record without a column of its stream's key, by which nobody can tell it from others."""


class UploadStopped(CleverTapError):  # noqa: N818 - named after what happened, as the others are not
    """CleverTap, the network or the disk does not let the run go on."""


class TooManyRejects(CleverTapError):  # noqa: N818 - the outcome of a finished run, not a fault
    """Everything was delivered or written to the rejects file, but too much to the latter."""

    exit_code = 3


class Interrupted(CleverTapError):  # noqa: N818 - the outcome of a signal, not a fault
    """A signal ended the run; its exit status is 128 and the signal's number."""

    def __init__(self, signal_number: int) -> None:
        """Name the signal that came.

        Args:
            signal_number: As the operating system counts signals.
        """
        message = f"ended by signal {signal_number}; the next run continues from the last state"
        super().__init__(message)
        self.exit_code = 128 + signal_number  # type: ignore[misc]  # typed as a class's in click
