"""The bookmark of a stream of files: which of them were read, in a state that stays small.

    files    [key, size, version] of each file that was read, and that no mark stands for
    unread   keys of files as old as those of marks that were not read to their end
    through  [time] until which files were last modified that have a mark
    days     [day, number, digest]: a mark for all such files that were modified on a day
    traces   [day, text]: the ends of the digests of each file of a mark, for its oldest files

Each run compares the marks with the files that it finds. Old files are deleted, so fewer of them
make no difference if those that are left have traces. If they have none, or if a day has other
files than those of its mark, all of that day are read again: which of them came late is not known,
and no file is taken for one that was read. No part is an object: Meltano merges those of states,
and would bring entries back.
"""

from __future__ import annotations

from array import array
from base64 import b64decode, b64encode
from collections import Counter, defaultdict, deque
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from functools import partial
from hashlib import blake2b
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import msgspec

from tap_clevertap.errors import StateError
from tap_clevertap.state.state_files import FRESH_START

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tap_clevertap.files.store import FileInfo

NEVER = datetime.min.replace(tzinfo=timezone.utc)
MOST_NAMED = 5_000
"""Files in a state, of some 90 bytes each; beyond that the oldest have a mark within the look-back.
"""
DIGEST_BYTES = 8
DIGESTS = 1 << 8 * DIGEST_BYTES
MOST_TRACED = 10_000
"""Files with a trace, of some five bytes each: of the oldest days, which are deleted first."""
END_BYTES = 4
"""Of a digest in a trace: of 4,294,967,296 replaced files one is taken for any one that is gone."""
ENDS = 1 << 8 * END_BYTES


@dataclass
class Mark:
    """What is known of the older files of a day together."""

    number: int = 0
    digest: int = 0
    """The sum of their own digests, so that their order does not matter."""
    ends: array[int] = field(default_factory=partial(array, "I"))
    """Of their own digests; without them it cannot be told whether some of the files are gone."""

    def add(self, files: Iterable[FileInfo]) -> None:
        """Let the mark stand for some more files."""
        digests = [_digest(info) for info in files]
        self.number += len(digests)
        self.digest = (self.digest + sum(digests)) % DIGESTS
        self.ends.extend(digest % ENDS for digest in digests)

    def add_ends(self, text: str) -> None:
        """Take the ends from a state; those of other files have another sum, and are left.

        Raises:
            ValueError: If it is not base64.
        """
        content = b64decode(text, validate=True)
        starts = range(0, len(content), END_BYTES)
        ends = [int.from_bytes(content[start : start + END_BYTES], "big") for start in starts]
        if (len(ends), sum(ends) % ENDS) == (self.number, self.digest % ENDS):
            self.ends = array("I", ends)

    def ends_as_text(self) -> str:
        """Return the ends for a state, in an order that does not depend on that of files."""
        content = b"".join(end.to_bytes(END_BYTES, "big") for end in sorted(self.ends))
        return b64encode(content).decode()

    def stands_for(self, found: Mark) -> bool:
        """Return whether files that were found are those of this mark, or some of them are gone."""
        if found.number < self.number:
            return Counter(found.ends) <= Counter(self.ends)
        return (found.number, found.digest) == (self.number, self.digest)


class KeptFiles(msgspec.Struct):
    """What a stream's state has about files; it may have other parts."""

    files: list[tuple[str, int, str]] = []
    unread: list[str] = []
    through: list[str] = []
    days: list[tuple[str, int, str]] = []
    traces: list[tuple[str, str]] = []

    @property
    def time(self) -> datetime:
        """Until when files were modified that have a mark."""
        times = (datetime.fromisoformat(each).astimezone(timezone.utc) for each in self.through)
        return max(times, default=NEVER)

    @property
    def marks(self) -> dict[date, Mark]:
        """The marks of the days."""
        marks = {
            date.fromisoformat(day): Mark(number, int(digest, 16))
            for day, number, digest in self.days
        }
        for day, text in self.traces:
            marks.get(date.fromisoformat(day), Mark()).add_ends(text)
        return marks


def kept_files(stream_state: Mapping[str, Any]) -> KeptFiles:
    """Return what a state has about files.

    Raises:
        StateError: If it cannot be read.
    """
    try:
        kept = msgspec.convert(stream_state, KeptFiles)
        _ = kept.marks, kept.time
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
            mark together with those of their day.
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
        again: bool,
    ) -> None:
        self._state = stream_state
        kept = KeptFiles() if again else kept_files(stream_state)
        newest = min(now, max((info.modified for info in listing), default=now))
        self._limit = newest - timedelta(lookback_days)
        self._through = kept.time
        versions = {key: (size, version) for key, size, version in kept.files}
        self._compare(listing, kept, {*versions, *kept.unread})
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
            info.key
            for info in recent
            if info.modified <= self._through and info.key not in self._read
        }
        self._waiting = deque(sorted(recent, key=attrgetter("modified")))
        self._is_lost = not listing and bool(kept.files or kept.days)

    def _compare(self, listing: Sequence[FileInfo], kept: KeptFiles, named: set[str]) -> None:
        """Compare the marks with the older files that are there."""
        older: defaultdict[date, list[FileInfo]] = defaultdict(list)
        for info in listing:
            if info.modified <= self._through and info.key not in named:
                older[info.modified.date()].append(info)
        self._read: set[str] = set()
        self._marks: dict[date, Mark] = {}
        self.late_days: list[date] = []
        """Days of which files were read before, and now all are read again."""
        for day, mark in kept.marks.items():
            found = Mark()
            found.add(older[day])
            if not mark.stands_for(found):
                self.late_days.append(day)
            elif found.number:
                self._marks[day] = found
                self._read |= {info.key for info in older[day]}

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
        """Write into the state what was read, the older files as marks of their days."""
        if self._is_lost:
            return
        while self._waiting and self._is_old(self._waiting[0]) and self._fold():
            pass
        self._state["files"] = [[*info[:3]] for info in self._files.values()]
        self._state["unread"] = sorted(self._unread)
        self._state["through"] = [self._through.isoformat()] if self._marks else []
        self._state["days"] = [
            [day.isoformat(), mark.number, f"{mark.digest:0{2 * DIGEST_BYTES}x}"]
            for day, mark in sorted(self._marks.items())
        ]
        self._state["traces"] = [[*each] for each in self._traces()]

    def _traces(self) -> Iterator[tuple[str, str]]:
        left = MOST_TRACED
        for day, mark in sorted(self._marks.items()):
            if mark.number <= left:
                left -= mark.number
                yield day.isoformat(), mark.ends_as_text()

    def _is_old(self, info: FileInfo) -> bool:
        return info.modified <= self._limit or len(self._files) > MOST_NAMED

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
        day = moment.date()
        if read:
            self._marks.setdefault(day, Mark()).add(read)
        self._through = max(self._through, moment)
        return True


def _is_other(info: FileInfo, versions: Mapping[str, tuple[int, str]]) -> bool:
    return versions.get(info.key, (info.size, info.version)) != (info.size, info.version)


def _digest(info: FileInfo) -> int:
    content = f"{info.key}\0{info.size}\0{info.version}"
    hashed = blake2b(content.encode(errors="surrogatepass"), digest_size=DIGEST_BYTES)
    return int.from_bytes(hashed.digest(), "big")
