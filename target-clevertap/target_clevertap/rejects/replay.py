"""Sending rejects again: the file steps aside, so that new rejects get a file of their own."""

from __future__ import annotations

import os
import re
import stat
from collections import Counter
from typing import TYPE_CHECKING

from target_clevertap.file_locks import go_on

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from target_clevertap.rejects.file import RejectsFile

MOMENTS = re.compile(rb'"rejected_at"\s*:\s*"([^"]*)"')
LOST = ""
"""In place of the moment of a reject that has lost it."""


class Replay:
    """What a run knows of the rejects that it sends again; only the reading thread uses it.

    - A file that is the input is renamed at once.
    - A file that comes through a pipe is renamed with the first reject that may be out of it.
    """

    def __init__(self, file: RejectsFile, check: Callable[[], None] = go_on) -> None:
        """Rename nothing yet.

        Args:
            file: Where this run writes its own rejects.
            check: Raises when a signal wants the run to end.
        """
        self.aside: Path | None = None
        """Where the rejects that come through a pipe are now."""

        self._file = file
        self._check = check
        self._is_inherited = file.is_inherited
        self._moments: Counter[str] | None = None
        self._unseen: Counter[str] = Counter()

    def rename_input(self, descriptor: int | None) -> Path | None:
        """Rename the rejects file if it is what is read now.

        Args:
            descriptor: Of the input, if it is a file or pipe.

        Returns:
            The new path, or None when the input is another file.

        Raises:
            UploadStopped: When it cannot be renamed.
        """
        if descriptor is None or not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        self._is_inherited = False  # it is known what is read
        with self._file.reported("renamed"):
            is_this = self._file.is_at_path(descriptor)
        return self._file.rename_for_replay(descriptor, self._check) if is_this else None

    def note(self, rejected_at: object) -> Path | None:
        """Note a reject that comes again, and rename the file of earlier runs if it may be in it.

        A `cat` of the file would else read the new rejects too, and never end. A file that was
        renamed before holds other moments: sent again, it leaves this one where it is.

        Args:
            rejected_at: The reject's; where it has lost it, it may be out of any file.

        Returns:
            The new path, or None when nothing was renamed.

        Raises:
            UploadStopped: When the file cannot be read or renamed.
        """
        renamed = None
        if self._may_be_in_file(rejected_at):
            self._is_inherited = False
            renamed = self._file.rename_for_replay(check=self._check)
        if renamed is not None:
            self.aside, self._unseen = renamed, self._moments_in(renamed)
        self._unseen[rejected_at if isinstance(rejected_at, str) else LOST] -= 1
        return renamed

    @property
    def unsent(self) -> int:
        """How many rejects in `aside` did not come through the pipe."""
        lost = -self._unseen[LOST]
        return max(0, sum(count for count in self._unseen.values() if count > 0) - lost)

    def _may_be_in_file(self, rejected_at: object) -> bool:
        if not self._is_inherited or not self._file.path.exists():
            return False
        if self._moments is None:
            self._moments = self._moments_in(self._file.path)
        return not isinstance(rejected_at, str) or rejected_at in self._moments

    def _moments_in(self, path: Path) -> Counter[str]:
        """Return when the rejects in a file were rejected, and how many then."""
        with self._file.reported("read"), path.open("rb") as file:
            found = (MOMENTS.findall(line) for line in file)
            return Counter(of_line[-1].decode(errors="replace") for of_line in found if of_line)
