"""Time to the first output of the plugins, compared with empty plugins of the SDK."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from verification.bench.measure import BIN, measure, medians
from verification.bench.table import Row

if TYPE_CHECKING:
    from verification.bench.workplace import Workplace

EMPTY = str(Path(__file__).parent / "empty.py")
FLAGS = {"tap": ("--version", "--about", "--discover"), "target": ("--version", "--about")}
TIMES = 9


def start_up(_place: Workplace) -> list[Row]:
    """Each plugin with each flag that needs no settings."""
    return [started(plugin, flag) for plugin, flags in FLAGS.items() for flag in flags]


def started(plugin: str, flag: str) -> Row:
    """Return the row of one plugin and flag."""
    ours, empty = medians(
        TIMES,
        partial(measure, [str(BIN / f"{plugin}-clevertap"), flag]),
        partial(measure, [sys.executable, EMPTY, plugin, flag]),
    )
    ratio = ours.seconds / empty.seconds
    figure, other = f"{ours.seconds:.2f} s", f"{empty.seconds:.2f} s"
    return Row(f"{plugin} {flag}, against an empty plugin", figure, other, ratio, "≤ 1.10")


CASES = [start_up]
