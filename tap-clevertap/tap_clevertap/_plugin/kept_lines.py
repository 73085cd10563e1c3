# Source: tap-clevertap/tap_clevertap/_plugin/kept_lines.py; copies: `make vendor`
"""Lines of files that others may remove in the moment in which a run writes to them."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MOST_WRITES = 5
"""Of the same lines, while others take the file away."""
NOT_KEPT = "others remove or empty it each time"


def write_until_kept(write: Callable[[], bool]) -> None:
    """Write to a file until it is known that the lines are in one that still has its name.

    Args:
        write: Tells whether they are.

    Raises:
        OSError: When others take the file away each time.
    """
    if not any(write() for _ in range(MOST_WRITES)):
        raise OSError(errno.ENOENT, NOT_KEPT)


def is_removed(descriptor: int, path: Path) -> bool:
    """Tell whether an open file has no name any more, so that what is written to it is lost.

    Args:
        descriptor: Of the file.
        path: Where it was: some file systems count no names.
    """
    there = os.fstat(descriptor)
    if there.st_nlink:
        return False
    try:
        return not os.path.samestat(there, path.stat())
    except FileNotFoundError:
        return True
