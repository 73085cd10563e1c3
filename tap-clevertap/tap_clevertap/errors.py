"""The errors that end a run; each message has a fault and an advice.

CleverTapError          the run cannot go on
├── SettingError        a setting, or a file that it names, is wrong
├── SystemLimitError    the system starts no more threads
├── CredentialsError    CleverTap refuses account id, passcode or region
├── HostError           the TLS certificate of the host is refused
├── StateError          the state belongs to other settings or to a newer release
└── GapError            rows are missing, and `verify_counts` is `fail`
"""

from __future__ import annotations

from tap_clevertap._plugin.errors import CleverTapError, SettingError, SystemLimitError
from tap_clevertap._plugin.shown import shown

__all__ = [
    "CleverTapError",
    "CredentialsError",
    "GapError",
    "HostError",
    "SettingError",
    "StateError",
    "SystemLimitError",
    "endless_export",
    "export_label",
]


def export_label(event_name: str, days: object) -> str:
    """Return the name of an export in messages."""
    return f"export of {shown(event_name)}, {days}"


def endless_export(label: str, pages: int, what: str) -> CleverTapError:
    """Return the error of an export that goes on without new rows.

    Args:
        label: Of the export.
        pages: The number of pages without new rows.
        what: The rest of "its last 20 pages came".
    """
    message = (
        f"{label}: its last {pages} pages came {what}, each with a new cursor; run again later, "
        "and ask CleverTap's support why the export does not end"
    )
    return CleverTapError(message)


class CredentialsError(CleverTapError):
    """CleverTap responded with 401."""

    def __init__(self, host: str) -> None:
        super().__init__(
            f"{host}: it refuses the credentials (401); check account_id, passcode and region: "
            "another region refuses a right passcode too",
        )


class HostError(CleverTapError):
    """The TLS certificate of the host is refused."""


class GapError(CleverTapError):
    """Everything was read, but CleverTap counts more rows."""


class StateError(CleverTapError):
    """The state cannot be used: it belongs to other settings, or a newer release wrote it."""
