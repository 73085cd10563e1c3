"""Files that programs write from code and tables: their rows, and writing or comparing them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path


def table_row(cells: Iterable[str]) -> str:
    """Return a row of a table in Markdown; what would end a cell is escaped."""
    escaped = (cell.replace("|", "\\|") for cell in cells)
    return f"| {' | '.join(escaped)} |\n"


def write_or_check(texts: Mapping[Path, str], target: str, arguments: Sequence[str]) -> None:
    """Write the files that differ, or exit with their names if `--check` is given.

    Args:
        texts: What each file has to hold.
        target: Of make: what writes them.
        arguments: Of the command line.
    """
    if [*arguments] not in ([], ["--check"]):
        sys.exit(f"{' '.join(arguments)}: only --check is known; give it, or nothing to write")
    old = {path: text for path, text in texts.items() if not _holds(path, text)}
    if "--check" in arguments:
        sys.exit("\n".join(f"{path}: it is old; run make {target}" for path in old) or 0)
    for path, text in old.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _holds(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text
