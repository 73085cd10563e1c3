"""The tables: what the disturbances cost, and what a long run takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from verification.bench.table import machine
from verification.chaos.disturbances import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from verification.bench.table import Row
    from verification.chaos.tally import Tally

COLUMNS = (
    "case",
    "disturbances",
    "of them while work was in flight",
    "runs",
    "records",
    "lost",
    "doubled",
    "of these unanswered at a kill",
    "again, with equal keys",
    "rejected as uncertain, of these delivered",
    "state lines checked",
    "ahead of delivery",
)
DISTURBED = f"| {' | '.join(COLUMNS)} |\n|---|---|{'--:|' * (len(COLUMNS) - 2)}"
LOADED = (
    "| load | last tenth | first tenth after warming up | ratio | to reach |\n|---|--:|--:|--:|--:|"
)


def tables(tallies: Iterable[Tally], loads: Iterable[Row]) -> str:
    """Write what was found as Markdown, under a line with time and machine."""
    disturbed, loaded = [row_of(each) for each in tallies], [str(each) for each in loads]
    lines = [machine(), ""]
    lines += [DISTURBED, *disturbed, ""] if disturbed else []
    lines += [LOADED, *loaded, ""] if loaded else []
    return "\n".join(lines)


def row_of(tally: Tally) -> str:
    """Write the figures of a case as a row."""
    dealt = [f"{tally.dealt[kind]} {kind.value}" for kind in Kind if tally.dealt[kind]]
    counts = [
        tally.in_flight.total(),
        tally.runs,
        tally.records,
        tally.lost,
        tally.doubled,
        tally.doubled_unanswered,
        tally.repeated,
        f"{tally.doubtful:,}, {tally.doubtful_delivered:,}",
        tally.states,
        tally.ahead,
    ]
    written = (each if isinstance(each, str) else f"{each:,}" for each in counts)
    return f"| {' | '.join([tally.case, ', '.join(dealt), *written])} |"
