"""The rejects file: records that were not delivered, as Singer lines that can be read again."""

from __future__ import annotations

import datetime as dt
import fcntl
import os
import re
import stat
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

import msgspec

from target_clevertap import private_files
from target_clevertap.errors import UploadStopped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from target_clevertap.records.limits import Code

encode = msgspec.json.encode
MOMENTS = re.compile(rb'"rejected_at"\s*:\s*"([^"]*)"')
LOST = ""
"""In place of the moment of a reject that has lost it."""


@dataclass(frozen=True, slots=True, eq=False)
class Origin:
    """The stream a record came in, with the SCHEMA line it came under."""

    stream: str
    schema_line: bytes
    alias: str | None = None
    """The name a stream map gave it, where that is another."""

    name: str = field(init=False)
    """The name its rule is under."""

    def __post_init__(self) -> None:
        """Find the name once: it is asked for with every record."""
        object.__setattr__(self, "name", self.alias or self.stream)


@dataclass(frozen=True, slots=True)
class Reject:
    """A record that is not delivered, as it came in, and why."""

    origin: Origin
    raw: bytes
    code: Code
    reason: str
    place: int = 0
    """In its batch: of one user's records the later has to come later in the file."""


class Rejects:
    """Appends rejects to a file that other runs may append to as well.

    - Lines are complete and on the disk when `write` returns.
    - Nothing is ever taken out; only a line that a kill cut short, whose record comes again, is
      kept in a file beside.
    """

    def __init__(self, path: str) -> None:
        """Remember where; the file is made with the first reject.

        Args:
            path: Relative to the working directory or absolute.

        Raises:
            SettingError: When there is no such folder, no working directory, or no file that could
                be appended to.
        """
        self.path = private_files.absolute(path, "rejects_path")
        self._is_inherited = private_files.size_to_append_to(self.path, "rejects_path") > 0
        self._moments: Counter[str] | None = None
        self.aside: Path | None = None
        self._unseen: Counter[str] = Counter()
        self._descriptor: int | None = None
        self._schemas: dict[str, bytes] = {}
        self._end = 0
        self._lock = Lock()

    def step_aside(self, descriptor: int | None) -> Path | None:
        """Rename the file if it is what is read now, so that new rejects get a file of their own.

        Args:
            descriptor: Of the input, if it is a file or pipe.

        Returns:
            The new path, or None when the input is another file.

        Raises:
            UploadStopped: When it cannot be renamed.
        """
        if descriptor is None or not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        with self._lock, self._told("renamed"):
            self._is_inherited = False  # it is known what is read
            return self._rename(descriptor) if self._is_current(descriptor) else None

    def step_aside_for_replay(self, rejected_at: object) -> Path | None:
        """Rename the file of earlier runs if a reject that comes through a pipe may be out of it.

        A `cat` of the file would else read the new rejects too, and never end. A file that was
        renamed before holds other moments: sent again, it leaves this one where it is.

        Args:
            rejected_at: The reject's; where it has lost it, it may be out of any file.

        Returns:
            The new path, or None when the reject comes from elsewhere.

        Raises:
            UploadStopped: When it cannot be read or renamed.
        """
        with self._lock, self._told("renamed"):
            renamed = self._rename() if self._may_be_of_this(rejected_at) else None
            if renamed is not None:
                self.aside, self._unseen = renamed, _moments(renamed)
            self._unseen[rejected_at if isinstance(rejected_at, str) else LOST] -= 1
            return renamed

    @property
    def unsent(self) -> int:
        """How many rejects in `aside` did not come through the pipe."""
        lost = -self._unseen[LOST]
        return max(0, sum(count for count in self._unseen.values() if count > 0) - lost)

    def _may_be_of_this(self, rejected_at: object) -> bool:
        if not self._is_inherited or not self.path.exists():
            return False
        if self._moments is None:
            with self._told("read"):
                self._moments = _moments(self.path)
        return not isinstance(rejected_at, str) or rejected_at in self._moments

    def _rename(self, reading: int | None = None) -> Path | None:
        """Rename the file while nobody writes to it; None if another replay did meanwhile."""
        with self._locked() as descriptor:
            self._is_inherited = False
            is_another = reading is not None and not self._is_current(reading)
            if is_another or os.fstat(descriptor).st_size == 0:
                return None
            lies = private_files.real(self.path)  # where it is a link, that stays
            private_files.end_lines(descriptor, lies)
            replayed = private_files.aside(lies, "replayed")
            lies.rename(replayed)
        return replayed

    def write(self, rejects: Iterable[Reject]) -> None:
        """Append rejects, each stream's SCHEMA before its first.

        Raises:
            UploadStopped: When the disk does not take them.
        """
        with self._lock, self._told("written"), self._locked() as descriptor:
            self._append(descriptor, b"".join(self._lines(rejects)))

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._descriptor is not None:
                os.close(self._descriptor)
            self._descriptor = None

    def _lines(self, rejects: Iterable[Reject]) -> Iterator[bytes]:
        moment = dt.datetime.now(dt.timezone.utc).isoformat(timespec="seconds")
        for reject in rejects:
            stream = reject.origin.stream
            if self._schemas.get(stream) != reject.origin.schema_line:
                self._schemas[stream] = reject.origin.schema_line
                yield reject.origin.schema_line.strip() + b"\n"
            head = b'{"type":"RECORD","stream":' + encode(stream) + b',"record":' + reject.raw
            notes = {"code": reject.code, "reason": reject.reason, "rejected_at": moment}
            if reject.origin.alias is not None:
                notes["stream_alias"] = reject.origin.alias
            why = encode(notes)
            yield head + b"," + why[1:] + b"\n"

    @contextmanager
    def _locked(self) -> Iterator[int]:
        while True:
            if self._descriptor is None:
                self._descriptor = private_files.open_private(self.path, os.O_RDWR | os.O_APPEND)
                self._schemas.clear()
            fcntl.flock(self._descriptor, fcntl.LOCK_EX)
            if self._is_current(self._descriptor):
                break
            os.close(self._descriptor)  # a replay renamed it meanwhile
            self._descriptor = None
        try:
            if os.fstat(self._descriptor).st_size != self._end:
                self._schemas.clear()  # another run wrote its own since, or somebody emptied it
            yield self._descriptor
        finally:
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def _is_current(self, descriptor: int) -> bool:
        try:
            return os.path.samestat(os.fstat(descriptor), self.path.stat())
        except FileNotFoundError:
            return False

    def _append(self, descriptor: int, lines: bytes) -> None:
        private_files.end_lines(descriptor, private_files.real(self.path))
        end = os.fstat(descriptor).st_size
        try:
            private_files.write_all(descriptor, lines)
            os.fsync(descriptor)
            self._end = end + len(lines)  # what is there may be less again: somebody emptied it
        except OSError:
            self._schemas.clear()
            with suppress(OSError):  # the fault to tell is the one before
                os.ftruncate(descriptor, end)  # half a line would spoil the file for a replay
            raise

    @contextmanager
    def _told(self, deed: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            message = (
                f"the rejects file {self.path} cannot be {deed}: {error.strerror}; see rejects_path"
            )
            raise UploadStopped(message) from None


def _moments(path: Path) -> Counter[str]:
    """Return when the rejects in a file were rejected, and how many then.

    Raises:
        OSError: When it cannot be read.
    """
    with path.open("rb") as file:
        found = (MOMENTS.findall(line) for line in file)
        return Counter(of_line[-1].decode(errors="replace") for of_line in found if of_line)
