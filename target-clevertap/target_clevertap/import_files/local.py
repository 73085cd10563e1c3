"""A folder of this machine as the place of finished files."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from target_clevertap import private_files
from target_clevertap._plugin.shown import visible
from target_clevertap.errors import UploadStopped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


class LocalFolder:
    """A `Destination`: the folder of `files_path`."""

    def __init__(self, folder: Path) -> None:
        """Use a folder that is there."""
        self._folder = folder

    def watch(self, check: Callable[[], None]) -> None:
        """Do nothing: nothing here takes long."""

    def put(self, path: Path, temporary_name: str) -> None:
        """Have a file in the folder, on the disk; one that is there already is only synced."""
        there = self._folder / temporary_name
        with self._reported(temporary_name):
            if not (there.exists() and there.samefile(path)):
                self._copy(path, there)
            descriptor = os.open(there, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def rename(self, old: str, new: str) -> None:
        """Rename a file, and have the new name on the disk."""
        with self._reported(new):
            (self._folder / old).replace(self._folder / new)
            descriptor = os.open(self._folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def exists(self, name: str) -> bool:
        """Tell whether there is a file of this name, or a link."""
        with self._reported(name):
            return os.path.lexists(self._folder / name)

    def close(self) -> None:
        """Do nothing."""

    @staticmethod
    def _copy(path: Path, there: Path) -> None:
        descriptor = private_files.open_private(there, os.O_WRONLY | os.O_TRUNC)
        with path.open("rb") as source, os.fdopen(descriptor, "wb") as copy:
            shutil.copyfileobj(source, copy)

    @contextmanager
    def _reported(self, name: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise cannot_write(self._folder, name, error) from None


def cannot_write(folder: Path, name: str, error: OSError) -> UploadStopped:
    """Return what ends a run that cannot write a file."""
    message = (
        f"files_path: {visible(name)} cannot be written to {visible(str(folder))} "
        f"({error.strerror}), so no state passes its records; free space or correct the folder, "
        "and run again"
    )
    return UploadStopped(message)
