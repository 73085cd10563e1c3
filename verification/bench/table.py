"""The table: its rows, how figures are written, and where it is kept."""

from __future__ import annotations

import operator
import os
import platform
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Iterable

    from verification.bench.measure import Measured
    from verification.bench.workplace import Served

NOTE = "Memory is peak PSS, summed over the plugin's processes and sampled every 50 ms."
MEETS = {"≥": operator.ge, "≤": operator.le, "=": operator.eq}
HEADER = "| case | result | compared with | ratio | goal |\n|---|--:|--:|--:|--:|"
MILLION = 1_000_000


class Row(NamedTuple):
    """One row of the table; without a ratio it is only information."""

    case: str
    figure: str
    compared_with: str
    ratio: float | None = None
    to_reach: str = ""
    is_duration: bool = False
    """Whether other work on the machine changes it: then a missed goal is not a fault."""

    @property
    def is_missed(self) -> bool:
        """Whether the ratio, as it is written, is not what it has to reach."""
        if self.ratio is None or not self.to_reach:
            return False
        sign, aim = self.to_reach.split()
        return not MEETS[sign](round(self.ratio, 2), float(aim))

    @override
    def __str__(self) -> str:
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        ratio += ", missed" if self.is_missed else ""
        return f"| {self.case} | {self.figure} | {self.compared_with} | {ratio} | {self.to_reach} |"


def speeds(case: str, speed: float, other: float, to_reach: str = "", unit: str = "rows") -> Row:
    """Return a row of two speeds, a second."""
    return Row(case, f"{speed:,.0f} {unit}/s", f"{other:,.0f} {unit}/s", speed / other, to_reach)


def within(case: str, figure: float, limit: float, unit: str) -> Row:
    """Return a row of a figure and its limit."""
    return Row(case, f"{figure:,.0f} {unit}", f"{limit:,.0f} {unit}", figure / limit, "≤ 1.00")


def flat(case: str, figure: float, other: float, unit: str, to_reach: str = "≤ 1.10") -> Row:
    """Return a row of a figure of a larger run and that of a smaller one."""
    one, two = (f"{each:.1f} {unit}".rstrip() for each in (figure, other))
    return Row(case, one, two, figure / other, to_reach)


def microseconds(case: str, one: float, other: float, to_reach: str, unit: str = "row") -> Row:
    """Return a row of two processor times of a row or record, in seconds."""
    figures = (f"{each * MILLION:.1f} µs/{unit}" for each in (one, other))
    return Row(case, *figures, one / other, to_reach)


def cores(case: str, plugin: str, measured: Served) -> Row:
    """Return a row of how many processors a plugin and its emulator kept busy."""
    seconds = measured.run.seconds
    return Row(
        f"{case}, processor use",
        f"{plugin} {measured.run.processor_seconds / seconds:.2f} cores",
        f"emulator {measured.emulator_seconds / seconds:.2f} cores",
    )


def per_million(measured: Measured, count: int) -> float:
    """Return the seconds that each million took."""
    return measured.seconds * MILLION / count


def table(rows: Iterable[Row]) -> str:
    """Write rows as Markdown, under a line with the time and machine of the measurement."""
    return "\n".join([machine(), NOTE, "", HEADER, *map(str, rows), ""])


def machine() -> str:
    """Return when and where this is."""
    day, python = datetime.now(timezone.utc).date(), platform.python_version()
    return f"{day}, {os.cpu_count()} cores, {processor()}, Python {python}."


def keep(document: Path, command: str, written: str) -> None:
    """Put a table between the two marks of the command that makes it."""
    begin, end = (f"<!-- {command}: {edge} -->\n" for edge in ("begin", "end"))
    before, _, rest = document.read_text().partition(begin)
    after = rest.partition(end)[2]
    document.write_text(f"{before}{begin}\n{written}\n{end}{after}")


def processor() -> str:
    """Return what the processor calls itself."""
    described = Path("/proc/cpuinfo")
    lines = described.read_text().splitlines() if described.is_file() else []
    names = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
