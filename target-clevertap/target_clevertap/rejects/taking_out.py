"""Taking chosen rejects out of a file, so that a kill at any moment loses none.

The file is locked all the time, so that no other run appends to it.

1. The chosen ones, and what stays, are written to two new files, and are on the disk.
2. The first gets its name, `….replayed-<UTC>`. After a kill both files have the chosen ones.
3. The second replaces the file. After a kill each reject is in one file.

Where nothing would stay, the file itself is renamed.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING

from target_clevertap import private_files
from target_clevertap.file_locks import go_on, lock
from target_clevertap.rejects.reading import lines_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from target_clevertap.rejects.lines import RejectLine

REPLAYED = re.compile(r"\.replayed-\d{8}T\d{6}\.\d+Z(-\d+)?$")
"""What a file's name ends with that was taken out before."""


@dataclass(slots=True)
class TakenOut:
    """What was taken out, and what stays."""

    aside: Path | None = None
    """Where the chosen rejects are now; None where there are none."""

    chosen: Counter[str] = field(default_factory=Counter)
    """How many, by code."""

    left: Counter[str] = field(default_factory=Counter)
    """How many rejects stay, by code."""

    others: list[int] = field(default_factory=list)
    """Numbers of the lines that stay as they are not rejects, or have no SCHEMA before them."""


class _Part:
    """A new file of rejects, each stream's SCHEMA before its first."""

    def __init__(self, folder: Path) -> None:
        self.descriptor, name = tempfile.mkstemp(dir=folder, prefix=".clevertap-rejects-")
        self.path = Path(name)
        self.is_empty = True
        self._is_kept = False
        self._file = os.fdopen(self.descriptor, "wb")
        self._schemas: dict[str, bytes] = {}

    def add(self, line: RejectLine, schema: bytes | None) -> None:
        if schema is not None and self._schemas.get(line.stream) != schema:
            self._schemas[line.stream] = schema
            self._file.write(schema + b"\n")
        self._file.write(line.text + b"\n")
        self.is_empty = False

    def finish(self) -> None:
        self._file.flush()
        os.fsync(self.descriptor)
        self._file.close()

    def kept(self) -> Path:
        """Return the path of the file, which is no longer removed."""
        self._is_kept = True
        return self.path

    def discard(self) -> None:
        with suppress(OSError):
            self._file.close()
        if not self._is_kept:
            self.path.unlink(missing_ok=True)  # it is not there under a name that it got


def take_out(
    path: Path,
    look: Callable[[RejectLine], bool],
    check: Callable[[], None] = go_on,
    *,
    only_copies: bool = False,
) -> TakenOut:
    """Take rejects out of a file, and return where they are.

    Args:
        path: Of the file.
        look: Called with each SCHEMA and each reject; returns whether a reject is chosen.
        check: Called while another process has the file locked; may raise.
        only_copies: Whether the file stays as it is; `aside` is then for the caller to remove.

    Raises:
        OSError: When a file cannot be read, written or renamed. The file is then as it was.
    """
    path = private_files.real(path)
    with _locked(path, check) as file, _parts(path.parent) as (chosen, kept):
        if not only_copies:
            private_files.end_lines(file.fileno(), path)
        taken = _sorted(file, look, chosen, kept)
        if not chosen.is_empty:
            chosen.finish()
            kept.finish()
            taken.aside = chosen.kept() if only_copies else _put(path, chosen, kept)
            _sync(path.parent)
        return taken


def _put(path: Path, chosen: _Part, kept: _Part) -> Path:
    """Put both parts in their places, and return where the chosen rejects are."""
    if kept.is_empty:
        return _renamed(path)
    aside = private_files.aside(_original(path), "replayed")
    chosen.path.rename(aside)
    kept.path.replace(path)
    return aside


@contextmanager
def _parts(folder: Path) -> Iterator[tuple[_Part, _Part]]:
    """Make two parts; what has no place at the end is removed."""
    chosen = _Part(folder)
    try:
        kept = _Part(folder)
        try:
            yield chosen, kept
        finally:
            kept.discard()
    finally:
        chosen.discard()


def _sorted(
    file: IO[bytes], look: Callable[[RejectLine], bool], chosen: _Part, kept: _Part
) -> TakenOut:
    """Write each line to its part."""
    taken, schemas = TakenOut(), dict[str, bytes]()
    for line in lines_in(file):
        schema = schemas.get(line.stream)
        if line.kind == "SCHEMA":
            schemas[line.stream] = line.text
            look(line)
        elif line.kind and schema is not None:
            is_chosen = look(line)
            (taken.chosen if is_chosen else taken.left)[line.code] += 1
            (chosen if is_chosen else kept).add(line, schema)
        else:
            taken.others.append(line.number)
            kept.add(line, None)
    return taken


@contextmanager
def _locked(path: Path, check: Callable[[], None]) -> Iterator[IO[bytes]]:
    """Open and lock the file that is at the path while the lock is held."""
    while True:
        file = path.open("r+b")
        try:
            lock(file.fileno(), f"the rejects file {path}", check)
            if os.path.samestat(os.fstat(file.fileno()), path.stat()):
                yield file
                return
        finally:
            file.close()  # it frees the lock


def _renamed(path: Path) -> Path:
    """Rename a file of which nothing stays, unless it was taken out before."""
    if REPLAYED.search(path.name):
        return path
    return path.rename(private_files.aside(path, "replayed"))


def _original(path: Path) -> Path:
    return path.with_name(REPLAYED.sub("", path.name))


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
