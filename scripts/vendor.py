"""Writes the modules that several packages have: `make vendor`; --check only compares.

Each package installs alone, so that each has its own copy. The source of all copies is in the tap.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
TAP = Path("tap-clevertap/tap_clevertap")
TARGET = Path("target-clevertap/target_clevertap")
EMULATOR = Path("clevertap-emulator/clevertap_emulator")
FOLDERS = ("_http", "_plugin")
OF_THE_EMULATOR = ("shown.py", "log_guard.py")


def copies(root: Path) -> Iterator[tuple[Path, Path]]:
    """Yield each source and its copy, relative to the root of the repository."""
    for folder in FOLDERS:
        for source in sorted((root / TAP / folder).glob("*.py")):
            yield TAP / folder / source.name, TARGET / folder / source.name
    for name in OF_THE_EMULATOR:
        yield TAP / "_plugin" / name, EMULATOR / name


def head_of(source: Path) -> str:
    """Return the line that a source and its copies begin with."""
    return f"# Source: {source.as_posix()}; copies: `make vendor`\n"


def faults(root: Path) -> list[str]:
    """Return what is wrong with first lines, and with copies."""
    pairs = list(copies(root))
    found = [
        f"{source}: its first line is wrong; make it {head_of(source).strip()!r}"
        for source in dict.fromkeys(source for source, _ in pairs)
        if not (root / source).read_text(encoding="utf-8").startswith(head_of(source))
    ]
    found += [
        f"{copy}: it is not equal to {source}; run make vendor"
        for source, copy in pairs
        if not (root / copy).is_file() or (root / copy).read_bytes() != (root / source).read_bytes()
    ]
    return found + [f"{each}: it has no source; run make vendor" for each in _strays(root)]


def write(root: Path) -> None:
    """Write every copy anew, and remove those that have no source."""
    for source, copy in copies(root):
        (root / copy).parent.mkdir(exist_ok=True)
        (root / copy).write_bytes((root / source).read_bytes())
    for stray in _strays(root):
        (root / stray).unlink()


def _strays(root: Path) -> list[Path]:
    wanted = {copy for _, copy in copies(root)}
    there = [path for folder in FOLDERS for path in (root / TARGET / folder).glob("*.py")]
    return sorted({path.relative_to(root) for path in there} - wanted)


def main(arguments: list[str]) -> None:
    """Write the copies, or with --check print which of them differ."""
    if arguments not in ([], ["--check"]):
        sys.exit("usage: python scripts/vendor.py [--check]")
    if not arguments:
        write(ROOT)
    if found := faults(ROOT):
        sys.exit("\n".join(found))


if __name__ == "__main__":
    main(sys.argv[1:])
