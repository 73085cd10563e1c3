"""What goes wrong with files, by what happens next.

CleverTapError
├── SettingError        the URL, or a setting of the files
├── StoreError          the store cannot be used: the run ends
└── UnreadFileError     one file is not read; the others are, and the run fails at its end
    └── FileChangedError    it changed while it was read: the next run reads it, this one goes on
"""

from __future__ import annotations

from tap_clevertap._plugin.errors import CleverTapError

__all__ = ["FileChangedError", "StoreError", "UnreadFileError"]


class StoreError(CleverTapError):
    """The store of the files cannot be used."""


class UnreadFileError(CleverTapError):
    """A file cannot be read to its end, so it does not count as read.

    The message is the rest of "`ev/a.json` "; who reads the file adds its key.
    """


class FileChangedError(UnreadFileError):
    """A file is no longer the one that was listed."""
