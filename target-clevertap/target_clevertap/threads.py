"""Threads, where the system may allow no more of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_clevertap.errors import UploadStopped

if TYPE_CHECKING:
    from threading import Thread

NO_MORE = "the system lets no more threads start; allow more processes or memory, see ulimit -a"


def start(thread: Thread) -> None:
    """Start a thread.

    Raises:
        UploadStopped: When the system does not let it.
    """
    try:
        thread.start()
    except RuntimeError:
        raise UploadStopped(NO_MORE) from None
