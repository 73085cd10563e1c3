"""Processes of this machine by their command line, without a package for it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path


def running(*words: str) -> list[int]:
    """Return the ids of the processes whose command lines have all these words."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            line = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
            if all(any(word in each for each in line) for word in words):
                found.append(int(folder.name))
    return found


def parent(pid: int) -> int:
    """Return the id of a process's parent."""
    status = Path(f"/proc/{pid}/stat").read_text()
    return int(status.rpartition(")")[2].split()[1])
