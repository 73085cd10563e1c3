"""Errors of libraries that no reader of files expects."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from traceback import extract_tb
from typing import TYPE_CHECKING

from tap_clevertap.errors import CleverTapError
from tap_clevertap.files.errors import UnreadFileError

if TYPE_CHECKING:
    from collections.abc import Iterator

EXPECTED = (CleverTapError, MemoryError, OSError)
"""Those that end the run, or are about a file already."""


@contextmanager
def unread_if_unforeseen() -> Iterator[None]:
    """Raise `UnreadFileError` instead of an error that no reader expects.

    So the file is named, the others are read, and the run fails at its end. The text of the error
    may have values of rows; its type and place tell enough.
    """
    try:
        yield
    except EXPECTED:
        raise
    except Exception as error:
        place = extract_tb(error.__traceback__)[-1]
        message = (
            f"cannot be read, for a reason that tap-clevertap does not know "
            f"({type(error).__name__} at {Path(place.filename).name}:{place.lineno}); report this, "
            "and leave the file out until there is a newer release"
        )
        raise UnreadFileError(message) from error
