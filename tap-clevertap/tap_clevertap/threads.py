"""Threads, where the system may allow no more of them."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from tap_clevertap.errors import CleverTapError

if TYPE_CHECKING:
    from collections.abc import Iterator

NO_MORE = "threads: the system starts no more; allow more processes or memory, see ulimit -a"


@contextmanager
def starting() -> Iterator[None]:
    """Say what is wrong where a thread does not start.

    Raises:
        CleverTapError: In place of Python's RuntimeError.
    """
    try:
        yield
    except RuntimeError:
        raise CleverTapError(NO_MORE) from None
