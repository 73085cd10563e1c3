"""Where finished files go: a folder of this machine, or one of an SFTP server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Destination(Protocol):
    """Takes files so that each appears only when it is whole.

    - One thread uses it, and a call that failed may be repeated.
    - Names are without a folder. A file whose name begins with `.` is not finished.
    - What it cannot do raises `UploadStopped`; `str()` of it never shows a secret.
    """

    def watch(self, check: Callable[[], None]) -> None:
        """Call this now and then in what takes long from now on; what it raises ends that.

        Args:
            check: Raises where the run is to end.
        """

    def put(self, path: Path, temporary_name: str) -> None:
        """Bring a file there under a name that nobody reads, whole and on the disk.

        What an earlier call left of it is continued or replaced. Its length is that of the local
        file when this returns. The local file stays as it is.

        Args:
            path: Of the local file, which nobody changes.
            temporary_name: Where it is put.

        Raises:
            UploadStopped: When it cannot be brought there.
        """

    def rename(self, old: str, new: str) -> None:
        """Give a file its name, atomically; a file that has the name is replaced.

        Args:
            old: The name given to `put`.
            new: Its name.

        Raises:
            UploadStopped: When it cannot be renamed.
        """

    def exists(self, name: str) -> bool:
        """Tell whether there is a file of this name.

        Raises:
            UploadStopped: When it cannot be told.
        """

    def close(self) -> None:
        """End the connection; raises nothing."""
