"""Writes docs/pictures/*.svg; with --check it only compares them."""

from __future__ import annotations

import sys
from pathlib import Path

from scripts.pictures import chaos_plot, data_way, roads

DOCS = Path(__file__).resolve().parents[2] / "docs"


def pictures() -> dict[Path, str]:
    """Return all drawn pictures by their files."""
    drawn = {
        "chaos.svg": chaos_plot.picture((DOCS / "guarantees.md").read_text(encoding="utf-8")),
        "data-way.svg": data_way.picture(),
        "roads.svg": roads.picture(),
    }
    return {DOCS / "pictures" / name: svg for name, svg in drawn.items()}


def main(arguments: list[str]) -> None:
    """Write the pictures, or exit with the names of those that differ."""
    old = {path: svg for path, svg in pictures().items() if not _holds(path, svg)}
    if "--check" in arguments:
        sys.exit("".join(f"{path.name}: it is old; run make reference\n" for path in old) or 0)
    for path, svg in old.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(svg, encoding="utf-8")


def _holds(path: Path, svg: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == svg


if __name__ == "__main__":
    main(sys.argv[1:])
