"""The file of deletions: a line for each accepted call, for whoever has to prove it."""

from __future__ import annotations

import datetime as dt
import logging
import os
import secrets
from contextlib import suppress
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING

import msgspec

from target_clevertap import private_files
from target_clevertap._plugin.kept_lines import is_removed, write_until_kept
from target_clevertap.deletes.receipts import DeletionReceipt, receipt_of
from target_clevertap.errors import SettingError, UploadStopped
from target_clevertap.file_locks import go_on, lines_now, lock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

SALT_BYTES = 16
START = b'{"at":"'
"""With which the line of a receipt begins."""

CUT_SHORT = (
    "line %d of %s was cut short and is left out; no state passed its deletions: they come again "
    "with the next run of their pipeline"
)

logger = logging.getLogger("target-clevertap")


class DeletesFile:
    """Appends receipts to a file that other runs may append to as well.

    - May be used from any thread; a lock on the file keeps other processes apart.
    - The file is made with the first receipt. Only its owner may read it.
    - A line is on the disk when `append` returns. Nothing is ever taken out.
    """

    def __init__(self, path: Path) -> None:
        """Remember where.

        Args:
            path: Absolute.
        """
        self.path = path
        self._lock = Lock()

    @classmethod
    def at(cls, path: str) -> DeletesFile:
        """Return the file of a setting, as soon as it is known that it can be appended to.

        Args:
            path: Relative to the working directory or absolute.

        Raises:
            SettingError: When no file there could be appended to.
        """
        absolute = private_files.absolute(path, "deletes_path")
        private_files.size_to_append_to(absolute, "deletes_path")
        return cls(absolute)

    def append(self, key: str, payloads: Sequence[bytes]) -> None:
        """Append the receipt of a call that CleverTap accepted.

        Args:
            key: `identity` or `guid`.
            payloads: The user keys as they were sent: encoded texts.

        Raises:
            UploadStopped: When the disk does not take it.
        """
        if not payloads:
            return
        users = [msgspec.json.decode(payload, type=str) for payload in payloads]
        moment = dt.datetime.now(dt.timezone.utc).isoformat(timespec="seconds")
        names = secrets.token_hex(SALT_BYTES), secrets.token_hex(SALT_BYTES)
        line = msgspec.json.encode(receipt_of(moment, *names, key, users)) + b"\n"
        try:
            with self._lock:
                write_until_kept(partial(self._write, line))
        except OSError as error:
            message = (
                f"the file of deletions {self.path} cannot be written: {error.strerror}; see "
                f"deletes_path: CleverTap accepted the deletion of {len(users)} users, and the "
                "next run sends it again for its line"
            )
            raise UploadStopped(message) from None

    def _write(self, line: bytes) -> bool:
        """Append a line, and tell whether the file still has a name."""
        descriptor = private_files.open_private(self.path, os.O_RDWR | os.O_APPEND)
        try:
            lock(descriptor, f"the file of deletions {self.path}")
            private_files.end_lines(descriptor, private_files.real(self.path))
            end = os.fstat(descriptor).st_size
            try:
                private_files.write_all(descriptor, line)
                os.fsync(descriptor)
                return not is_removed(descriptor, self.path)
            except OSError:
                with suppress(OSError):  # the error before it is the one to report
                    os.ftruncate(descriptor, end)
                raise
        finally:
            os.close(descriptor)


def read_receipts(path: Path, check: Callable[[], None] = go_on) -> Iterator[DeletionReceipt]:
    """Yield the receipts that a file has now; what runs append later is left out.

    Args:
        path: Of the file.
        check: Called while another process has it locked; may raise.

    Raises:
        SettingError: When it cannot be read, or has a line that is not a receipt.
    """
    try:
        with path.open("rb") as file:
            for number, line in lines_now(file, f"the file of deletions {path}", check):
                if (receipt := _receipt(number, line, path)) is not None:
                    yield receipt
    except OSError as error:
        message = f"deletes_path: {path} cannot be read: {error.strerror}; name another file"
        raise SettingError(message) from None


def _receipt(number: int, line: bytes, path: Path) -> DeletionReceipt | None:
    """Return the receipt in a line; None where a kill cut the line short."""
    try:
        return msgspec.json.decode(line, type=DeletionReceipt)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        if _is_cut_short(line, error):
            logger.warning(CUT_SHORT, number, path)
            return None
        message = (
            f"deletes_path: line {number} of {path} is not a receipt; name the file that a run has "
            "written"
        )
        raise SettingError(message) from None


def _is_cut_short(line: bytes, error: Exception) -> bool:
    """Tell whether a line without an end is the beginning of a receipt."""
    is_whole = line.endswith(b"\n") or isinstance(error, msgspec.ValidationError)
    return not is_whole and (line.startswith(START) or START.startswith(line))
