"""What the head of a ledger's file says: whether it was closed, and which log belongs to it.

SQLite keeps the last entries in a write-ahead log, a file next to the ledger that is named after
it. A ledger without its log, or with one of another moment, is a valid database that lacks some
deliveries. So the file's own head, in its `application_id`, holds a mark and a count:

- The mark says that a run has it open. A run that is killed leaves it, with the log.
- The count goes up by one right before each checkpoint, and by one right after it.
- A run that finds a log of a killed one puts it into the file before it counts on.

So what the log says is at most two ahead of what the file's own head says. A file and a log that
were copied at different moments differ by more, or the other way round.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from target_clevertap import private_files
from target_clevertap.errors import LedgerDamagedError, SettingError

if TYPE_CHECKING:
    from pathlib import Path

MAGIC = 0x4354
"""The upper half of the `application_id`: CT."""
COUNTS = 1 << 15
IS_OPEN = 1
MOST_AHEAD = 2

HEAD_BYTES = 100
SQLITE_HEAD = b"SQLite format 3\0"
PAGE_SIZE, PAGES, APPLICATION_ID = 16, 28, 68
"""Where they are in the head of a file [https://www.sqlite.org/fileformat.html]."""
LARGEST_PAGE = 1 << 16
"""Spelled as 1, for the field has room for less."""


@dataclass(frozen=True, slots=True)
class Seal:
    """A mark and a count."""

    count: int
    is_open: bool

    @property
    def application_id(self) -> int:
        """The number that says both."""
        return MAGIC << 16 | self.count << 1 | (IS_OPEN if self.is_open else 0)

    def after(self, *, is_open: bool = True) -> Seal:
        """Return the next one."""
        return Seal((self.count + 1) % COUNTS, is_open)


@dataclass(frozen=True, slots=True)
class Head:
    """What the first bytes of a file say, whatever its log holds."""

    seal: Seal | None
    """None in the formats before 3."""

    bytes: int
    """How long the file is by its own account."""


def seal_of(application_id: int) -> Seal | None:
    """Return what an `application_id` says; None where it is not a ledger's."""
    if application_id >> 16 != MAGIC:
        return None
    return Seal((application_id & 0xFFFF) >> 1, bool(application_id & IS_OPEN))


def head_of(descriptor: int) -> Head | None:
    """Return what the head of an open file says; None where it is not a database's.

    Raises:
        OSError: When it cannot be read.
    """
    head = os.pread(descriptor, HEAD_BYTES, 0)
    if len(head) < HEAD_BYTES or not head.startswith(SQLITE_HEAD):
        return None
    (page_size,) = struct.unpack_from(">H", head, PAGE_SIZE)
    (pages,) = struct.unpack_from(">I", head, PAGES)
    (application_id,) = struct.unpack_from(">I", head, APPLICATION_ID)
    return Head(seal_of(application_id), pages * (LARGEST_PAGE if page_size == 1 else page_size))


def mark_as_closed(descriptor: int) -> None:
    """Say in the head of an open file that it was closed; SQLite must not be using it any more.

    Raises:
        OSError: When it cannot be read or written.
    """
    head = head_of(descriptor)
    if head is not None and head.seal is not None and head.seal.is_open:
        closed = Seal(head.seal.count, is_open=False).application_id
        os.pwrite(descriptor, struct.pack(">I", closed), APPLICATION_ID)


def log_of(path: Path) -> Path:
    """Return where the write-ahead log of a ledger is: by the file itself, links followed."""
    real = private_files.real(path)
    return real.with_name(f"{real.name}-wal")


def check_alone(path: Path, found: os.stat_result) -> None:
    """Refuse a file with more than one name: its log belongs to only one of them.

    Raises:
        SettingError: For such a file.
    """
    if found.st_nlink > 1:
        message = (
            f"the ledger {path} has {found.st_nlink} names (hard links), and its write-ahead log "
            "belongs to one of them; remove the others, or copy it with `target-clevertap ledger "
            "backup`"
        )
        raise SettingError(message)


def check_log(path: Path, head: Head | None) -> None:
    """Refuse a file that was left open and has no write-ahead log.

    Raises:
        SettingError: For such a file.
    """
    if head is None or head.seal is None or not head.seal.is_open or log_of(path).exists():
        return
    message = (
        f"the ledger {path} was not closed by its last run, and {log_of(path).name}, which holds "
        "its last entries, is not next to it; put both back where they were (in a container, "
        "mount their folder, not the file), or restore a copy that `target-clevertap ledger "
        "backup` made"
    )
    raise SettingError(message)


def check_length(path: Path, head: Head | None, size: int) -> None:
    """Refuse a file that was closed and is shorter than it says.

    Raises:
        SettingError: For such a file.
    """
    if head is not None and head.seal and not head.seal.is_open and size < head.bytes:
        raise damaged(path, "its end is missing")


def check_head(path: Path, descriptor: int, seen: os.stat_result) -> None:
    """Check all of a file that SQLite would change by looking for its log.

    Raises:
        SettingError: For a file that is not whole.
    """
    check_alone(path, seen)
    head = head_of(descriptor)
    check_log(path, head)
    check_length(path, head, seen.st_size)


def check_pair(path: Path, head: Head | None, application_id: int) -> None:
    """Refuse a file and a log that were not copied at the same moment.

    Args:
        path: Of the ledger.
        head: What the file itself says.
        application_id: What SQLite says, by file and log.

    Raises:
        SettingError: For such a pair.
    """
    if head is None or head.seal is None:
        return
    seal = seal_of(application_id)
    ahead = MOST_AHEAD + 1 if seal is None else (seal.count - head.seal.count) % COUNTS
    if ahead > MOST_AHEAD:
        raise damaged(path, "the file and its write-ahead log are of different moments")


def damaged(path: Path, what: str) -> LedgerDamagedError:
    """Return the error for a ledger that no run left so."""
    message = (
        f"the ledger {path} is damaged ({what}); restore a copy that `target-clevertap ledger "
        "backup` made, or choose another ledger_path (a new ledger does not know what was "
        "delivered, so events that taps send again are sent again)"
    )
    return LedgerDamagedError(message)
