# Source: tap-clevertap/tap_clevertap/_plugin/result_file.py; copies: `make vendor`
"""The file of a run's result: checked at the start, replaced as a whole at its end."""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from typing_extensions import override

from .errors import SettingError
from .shown import shown

if TYPE_CHECKING:
    from collections.abc import Iterable

PREFIX = ".clevertap-result-"
"""Of the temporary file, which is in the same folder."""
PAGE_SUFFIX = ".html"
ROOT = 0


class ResultFile:
    """The file that a setting names; only its owner may read it.

    - `check` is called before anything is read, `write` once at the end.
    - A reader finds the whole result of one run, never a part: a new file replaces the old one.
    """

    def __init__(self, setting: str, path: str) -> None:
        """Look at nothing yet.

        Args:
            setting: Its name.
            path: Its value.
        """
        self._setting = setting
        self._given = path
        self._path = Path(path)

    @property
    def is_page(self) -> bool:
        """Whether the file is a page for a person."""
        return self._given.lower().endswith(PAGE_SUFFIX)

    def check(self, other_files: Iterable[tuple[str, str]] = ()) -> None:
        """Find out whether the file can be written, and keep its place.

        Args:
            other_files: Name and path of each file that must stay.

        Raises:
            SettingError: With the reason.
        """
        try:
            fault = self._place_fault() or self._fault(other_files)
            if not fault:
                with tempfile.TemporaryFile(dir=self._path.parent, prefix=PREFIX):
                    return
        except (OSError, ValueError) as failure:
            fault = getattr(failure, "strerror", None) or "not a path"
        message = f"{self._setting}: {self} cannot be written ({fault}); set another path"
        raise SettingError(message)

    def write(self, content: bytes) -> None:
        """Replace the file.

        Raises:
            OSError: If it cannot be written. The former file is then unchanged.
        """
        descriptor, name = tempfile.mkstemp(dir=self._path.parent, prefix=PREFIX)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(self._path)
        except BaseException:
            with suppress(OSError):
                Path(name).unlink()
            raise

    @override
    def __str__(self) -> str:
        return shown(self._given)

    def _place_fault(self) -> str:
        """Find the file itself, so that a link to it stays; other users' links are refused."""
        path = self._path.absolute()
        if path.is_symlink() and path.lstat().st_uid not in {os.geteuid(), ROOT}:
            return "it is a link of another user"
        self._path = Path(os.path.realpath(path))
        return ""

    def _fault(self, other_files: Iterable[tuple[str, str]]) -> str:
        """Return why the file cannot be written, or empty text."""
        if not self._path.parent.is_dir():
            return f"there is no folder {shown(self._path.parent)}"
        if owner := owner_of(self._path, other_files):
            return f"it is the file of {owner}"
        return self._kind_fault()

    def _kind_fault(self) -> str:
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return ""
        if stat.S_ISDIR(found.st_mode):
            return "it is a folder"
        if not stat.S_ISREG(found.st_mode):
            return "it is not a file"
        return "" if os.access(self._path, os.W_OK) else "this user may not write it"


def owner_of(path: str | Path, others: Iterable[tuple[str, str]]) -> str:
    """Return the name under which a path is among others; empty text if it is not."""
    return next((name for name, other in others if _are_same(path, other)), "")


def _are_same(path: str | Path, other: str) -> bool:
    with suppress(OSError, ValueError):
        return Path(path).samefile(other)
    with suppress(OSError, ValueError):  # one of them is not there yet
        return os.path.realpath(path) == os.path.realpath(other)
    return False
