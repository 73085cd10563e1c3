"""Writes docs/pictures/*.svg; with --check it only compares them."""

from __future__ import annotations

import sys
from pathlib import Path

from scripts.generated import write_or_check
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
    """Write the pictures, or only compare."""
    write_or_check(pictures(), "reference", arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
