"""Whether files can be written that a run writes late: known at its start, and by `check`."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from singer_sdk.helpers._batch import StorageTarget

ANY_NAME = "name"


def fault_of_file(path: str) -> str:
    """Return why lines cannot be appended to a file, or empty text; no file is left behind."""
    try:
        # O_NONBLOCK: a named pipe without a reader would wait for ever.
        flags = os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
        descriptor = os.open(path, flags)
    except FileNotFoundError:
        return _fault_of_folder(Path(path).parent)
    except (OSError, ValueError) as failure:
        return _reason(failure)
    is_file = stat.S_ISREG(os.fstat(descriptor).st_mode)
    os.close(descriptor)
    return "" if is_file else "it is not a file"


def fault_of_storage(storage: StorageTarget) -> str:
    """Return why batch files cannot be written, or empty text.

    A local folder is tried; it may be made by the run. Of another storage only the library is
    looked for.
    """
    try:
        name = f"{storage.prefix or ''}{ANY_NAME}"
        address = urlsplit(storage.get_url(name))
        if address.scheme != "file":
            return _fault_of_library(address.scheme)
        path = Path(unquote(address.path))
        is_in_root = Path(name).parent == Path()
        return _fault_of_folder(_first_that_exists(path.parent) if is_in_root else path.parent)
    except (OSError, ImportError, ValueError) as failure:
        return _reason(failure)


def _fault_of_library(scheme: str) -> str:
    from fsspec import get_filesystem_class  # type: ignore[import-untyped]  # noqa: PLC0415 - rarely needed

    get_filesystem_class(scheme)
    return ""


def _fault_of_folder(folder: Path) -> str:
    try:
        with tempfile.TemporaryFile(dir=folder):
            return ""
    except (OSError, ValueError) as failure:
        return _reason(failure)


def _first_that_exists(folder: Path) -> Path:
    return next(each for each in (folder, *folder.parents) if os.path.lexists(each))


def _reason(failure: Exception) -> str:
    if isinstance(failure, OSError) and failure.errno == errno.ELOOP:
        return "it is a link"
    # Not the failure's text: it may have a URL, and so a password.
    return getattr(failure, "strerror", None) or type(failure).__name__
