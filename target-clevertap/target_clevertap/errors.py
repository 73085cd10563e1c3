"""What ends a run, by what has to happen next.

CleverTapError                  the run cannot go on
├── SettingError                a setting or rule is wrong, or a file that it names
│   ├── RulesError           rules cannot work (in config/settings.py)
│   └── LedgerDamagedError      some of what was delivered may be missing in the ledger
├── SystemLimitError            the system gives no more threads
├── InputError                  a line of the input cannot be used
│   ├── RecordBeforeSchemaError a record comes before its SCHEMA
│   └── KeyMissingError         a record lacks a column of its stream's key
├── UploadStopped               CleverTap, the network or the disk does not let the run go on
├── StoppedError                the run is ending, so a lane leaves its batch
├── TooManyRejects              all was delivered or rejected, and too much was rejected
└── Interrupted                 a signal ended the run

One record that cannot be sent does not end a run: it raises `records.errors.RecordRefusedError`.
"""

from __future__ import annotations

from singer_sdk.exceptions import MissingKeyPropertiesError, RecordsWithoutSchemaException

from target_clevertap._plugin.errors import CleverTapError, SettingError, SystemLimitError

__all__ = [
    "CleverTapError",
    "InputError",
    "Interrupted",
    "KeyMissingError",
    "LedgerDamagedError",
    "RecordBeforeSchemaError",
    "SettingError",
    "StoppedError",
    "SystemLimitError",
    "TooManyRejects",
    "UploadStopped",
]


class LedgerDamagedError(SettingError):
    """A ledger that no run left so: some of what was delivered may be missing in it."""


class InputError(CleverTapError):
    """A line of the input that cannot be used; what came before it is still delivered."""


class RecordBeforeSchemaError(InputError, RecordsWithoutSchemaException):
    """A record whose stream has no SCHEMA yet."""


class KeyMissingError(InputError, MissingKeyPropertiesError):
    """A record without a column of its stream's key: equal ones look the same."""


class UploadStopped(CleverTapError):  # noqa: N818 - named after what happened, as the others are not
    """CleverTap, the network or the disk does not let the run go on."""


class StoppedError(CleverTapError):
    """The run is ending: a batch without a certain end comes again with the next run."""

    def __init__(self) -> None:
        super().__init__("the run is ending")


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
