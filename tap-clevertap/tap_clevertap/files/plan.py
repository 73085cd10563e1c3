"""Which files a run reads, in which order, and which it reads again to number their rows."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from tap_clevertap.files.names import parse_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from tap_clevertap.files.store import FileInfo


class FileGroup(NamedTuple):
    """Files whose identical rows are numbered together.

    Those that an earlier run read come first: the numbers of a run continue after theirs, whichever
    file of the group came late or could not be read then.
    """

    known: tuple[FileInfo, ...]
    """They were read by an earlier run; now they are read to count their rows only."""
    files: tuple[FileInfo, ...]
    """They are read now. There is at least one."""

    @property
    def size(self) -> int:
        """The bytes of all files."""
        return sum(info.size for info in (*self.known, *self.files))


def groups_to_read(
    listing: Iterable[FileInfo], was_read: Callable[[FileInfo], bool], *, numbered: bool
) -> list[FileGroup]:
    """Return the groups that have a file to read, those of earlier runs first.

    Copies of a part are in a group of their own, so that their rows get the numbers of its rows.

    Args:
        listing: All files that there are, sorted by key.
        was_read: Whether a file was read to its end.
        numbered: Whether identical rows are numbered; if not, no file is read again.
    """
    groups: dict[tuple[str, int], tuple[list[FileInfo], list[FileInfo]]] = {}
    begun: dict[tuple[str, int], datetime] = {}
    copies: Counter[tuple[str, str]] = Counter()
    for info in listing:
        name = parse_name(info.key)
        group = name.group, copies[name.group, name.part]
        copies[name.group, name.part] += 1
        known, files = groups.setdefault(group, ([], []))
        (known if was_read(info) else files).append(info)
        at = name.run or info.modified
        begun[group] = min(begun.get(group, at), at)
    waiting = sorted((begun[group], group) for group, (_, files) in groups.items() if files)
    found = (groups[group] for _, group in waiting)
    return [FileGroup(tuple(known) if numbered else (), tuple(files)) for known, files in found]
