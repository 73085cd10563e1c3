"""Speed and memory against the peers, in one run and one table: `make bench`.

Arguments name the cases to run; without any, all are run and docs/benchmarks.md is written.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from verification.bench import (
    cases_changes,
    cases_files,
    cases_former,
    cases_growth,
    cases_ledger,
    cases_pipe,
    cases_start_up,
    cases_tap,
    cases_target,
    cases_tls,
)
from verification.bench.extent import MOST_TIMES, Extent
from verification.bench.table import Row, keep, table
from verification.bench.workplace import Workplace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    Case = Callable[[Workplace], list[Row]]

DOCUMENT = Path(__file__).parents[2] / "docs" / "benchmarks.md"
LISTS = (
    cases_former.CASES,
    cases_changes.CASES,
    cases_tap.CASES,
    cases_target.CASES,
    cases_tls.CASES,
    cases_pipe.CASES,
    cases_start_up.CASES,
)
CASES = {case.__name__: case for cases in LISTS for case in cases}
OWN_TABLES = (cases_files.files, cases_ledger.ledger_growth, cases_growth.growth)
LONG = {case.__name__: case for case in OWN_TABLES}
"""Cases of a quarter of an hour and more, each with its own table: only by their names."""


def main() -> None:
    """Measure, and print the table as Markdown."""
    parsed = arguments()
    unknown = sorted(set(parsed.cases) - CASES.keys() - LONG.keys())
    if unknown:
        sys.exit(f"no such case: {', '.join(unknown)}; there are {', '.join([*CASES, *LONG])}")
    extent = Extent(parsed.times, parsed.share, parsed.records, parsed.rows)
    if not parsed.cases:
        report("make bench", CASES.values(), extent)
    for name in (each for each in parsed.cases if each in LONG):
        picture = cases_growth.SHOWN if name == "growth" else ""
        report(f"make bench CASES={name}", [LONG[name]], extent, picture)
    chosen = [CASES[each] for each in parsed.cases if each in CASES]
    if chosen:
        report("", chosen, extent)


def arguments() -> argparse.Namespace:
    """Return what the command line says."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    known = ", ".join([*CASES, *LONG])
    parser.add_argument("cases", nargs="*", metavar="case", help=known)
    times = range(1, MOST_TIMES + 1)
    parser.add_argument("--times", type=int, choices=times, default=Extent.times)
    parser.add_argument("--share", type=float, default=Extent.share, help="1: all of each case")
    parser.add_argument("--records", type=int, default=Extent.million_records, help="millions")
    parser.add_argument("--rows", type=int, default=Extent.million_rows, help="millions")
    return parser.parse_args()


def report(command: str, cases: Iterable[Case], extent: Extent, picture: str = "") -> None:
    """Print a table of cases, and keep it in the document under the command that makes it."""
    written = table(row for case in cases for row in printed_rows(case, extent))
    sys.stdout.write(written)
    if command and extent.is_whole:
        keep(DOCUMENT, command, "\n".join(filter(None, [written, picture])))


def printed_rows(case: Case, extent: Extent) -> Iterator[Row]:
    """Yield a case's rows, and print each on standard error."""
    with Workplace(extent) as place:
        for row in case(place):
            sys.stderr.write(f"{row}\n")
            yield row


if __name__ == "__main__":
    main()
