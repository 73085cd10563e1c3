"""The bookmark of a stream of files: which of them were read, in a state that stays small.

    files   [key, size, version] of each file that was read, and that no mark stands for
    older   [time, number, digest]: a mark for all files that were last modified until that time
    unread  keys of files as old as these that were not read to their end

So that no file is taken for one that was read, each run compares number and digest of a mark with
those of the files that it finds. All parts are lists, because Meltano merges the objects of states,
and would bring entries back.
"""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta, timezone
from hashlib import blake2b
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from tap_clevertap.errors import StateError
from tap_clevertap.state.state_files import FRESH_START

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tap_clevertap.files.store import FileInfo

NEVER = datetime.min.replace(tzinfo=timezone.utc)
DIGEST_BYTES = 8
DIGESTS = 1 << 8 * DIGEST_BYTES


class Mark(NamedTuple):
    """What is known of the older files together."""

    through: datetime = NEVER
    """When the last of them was modified."""
    number: int = 0
    digest: int = 0
    """The sum of their own digests, so that their order does not matter."""

    def with_files(self, files: Iterable[FileInfo], through: datetime) -> Mark:
        """Return the mark of some more files."""
        digests = [_digest(info) for info in files]
        digest = (self.digest + sum(digests)) % DIGESTS
        return Mark(through, self.number + len(digests), digest)


class KeptFiles(msgspec.Struct):
    """What a stream's state has about files; it may have other parts."""

    files: list[tuple[str, int, str]] = []
    unread: list[str] = []
    older: list[tuple[str, int, str]] = []
    lookback_days: int = 0

    @property
    def mark(self) -> Mark:
        """The mark of the older files."""
        if not self.older:
            return Mark()
        through, number, digest = self.older[0]
        return Mark(
            datetime.fromisoformat(through).astimezone(timezone.utc), number, int(digest, 16)
        )


def kept_files(stream_state: Mapping[str, Any]) -> KeptFiles:
    """Return what a state has about files.

    Raises:
        StateError: If it cannot be read.
    """
    try:
        kept = msgspec.convert(stream_state, KeptFiles)
        _ = kept.mark
    except (msgspec.ValidationError, ValueError, OverflowError):
        message = f"state: its list of export files cannot be read; fix it, or {FRESH_START}"
        raise StateError(message) from None
    return kept


class FilesBookmark:
    """Which files of a listing were read, and what the state has of them.

    - The stream calls `take` or `fail` at the end of each file, and `update` before each STATE.
    - Only the main thread uses it. The constructor raises a `StateError` as `kept_files` does.

    Args:
        stream_state: Of the stream; `update` changes it.
        listing: All files that there are.
        lookback_days: The setting: files that are older than the newest one by so many days have a
            mark together.
        now: In UTC; a file of the future counts as modified now.
        again: Read all files again.
    """

    def __init__(
        self,
        stream_state: dict[str, Any],
        listing: Sequence[FileInfo],
        *,
        lookback_days: int,
        now: datetime,
        again: bool = False,
    ) -> None:
        self._state = stream_state
        self._lookback_days = lookback_days
        kept = KeptFiles() if again else kept_files(stream_state)
        newest = min(now, max((info.modified for info in listing), default=now))
        self._limit = newest - timedelta(lookback_days)
        is_longer = lookback_days > kept.lookback_days
        before = kept.mark
        through = min(before.through, self._limit) if is_longer else before.through
        versions = {key: (size, version) for key, size, version in kept.files}
        named = {*versions, *kept.unread}
        older = [info for info in listing if info.modified <= through and info.key not in named]
        found = Mark().with_files(older, through)
        self.unproved = 0 if is_longer else _unproved(before, found)
        """The number of older files of which it is not known whether they were read."""
        self._mark = before if self.unproved else found
        self._read = {info.key for info in older}
        recent = [info for info in listing if info.key not in self._read]
        self.replaced = {info.key for info in recent if _is_other(info, versions)}
        """Keys of files that were read, and are others now."""
        self._files = {
            info.key: info
            for info in recent
            if info.key in versions and info.key not in self.replaced
        }
        self._read |= self._files.keys()
        self._failed: set[str] = set()
        self._unread = {
            info.key for info in recent if info.modified <= through and info.key not in self._read
        }
        self._waiting = deque(sorted(recent, key=attrgetter("modified")))
        self._is_lost = not listing and bool(kept.files or kept.older)

    @property
    def is_lost(self) -> bool:
        """Whether there is no file at all, though there were some before."""
        return self._is_lost

    def was_read(self, info: FileInfo) -> bool:
        """Return whether a file was read to its end, now or by an earlier run."""
        return info.key in self._read

    def take(self, info: FileInfo) -> None:
        """Note that a file was read to its end."""
        self._read.add(info.key)
        self._files[info.key] = info
        self._unread.discard(info.key)

    def fail(self, info: FileInfo) -> None:
        """Note that a file was not read to its end, so that a later run reads it."""
        self._failed.add(info.key)

    def update(self) -> None:
        """Write into the state what was read, the older files as one mark."""
        if self._is_lost:
            return
        while self._waiting and self._waiting[0].modified <= self._limit and self._fold():
            pass
        through, number, digest = self._mark
        self._state["files"] = [[*info[:3]] for info in self._files.values()]
        self._state["unread"] = sorted(self._unread)
        is_marked = through != NEVER
        self._state["older"] = (
            [[through.isoformat(), number, f"{digest:0{2 * DIGEST_BYTES}x}"]] if is_marked else []
        )
        self._state["lookback_days"] = self._lookback_days

    def _fold(self) -> bool:
        """Move the mark over the next files of one time; return False if one is not yet read."""
        moment = self._waiting[0].modified
        alike: list[FileInfo] = []
        for info in self._waiting:
            if info.modified != moment:
                break
            if info.key not in self._read and info.key not in self._failed:
                return False
            alike.append(info)
        for _ in alike:
            self._waiting.popleft()
        read = [info for info in alike if info.key in self._read]
        for info in read:
            del self._files[info.key]
        self._unread |= {info.key for info in alike if info.key not in self._read}
        self._mark = self._mark.with_files(read, max(self._mark.through, moment))
        return True


def _is_other(info: FileInfo, versions: Mapping[str, tuple[int, str]]) -> bool:
    return versions.get(info.key, (info.size, info.version)) != (info.size, info.version)


def _unproved(before: Mark, found: Mark) -> int:
    """Return how many files a mark may not stand for; deleted files make no difference."""
    if found.number > before.number:
        return found.number - before.number
    return int(found.number == before.number and found.digest != before.digest)


def _digest(info: FileInfo) -> int:
    content = f"{info.key}\0{info.size}\0{info.version}"
    hashed = blake2b(content.encode(errors="surrogatepass"), digest_size=DIGEST_BYTES)
    return int.from_bytes(hashed.digest(), "big")
