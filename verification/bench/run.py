"""Speed and memory against the peers, in one run and one table: `make bench`.

Arguments name the cases to run; without any, all are run and docs/benchmarks.md is written.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from verification.bench import cases_pipe, cases_start_up, cases_tap, cases_target, cases_tls
from verification.bench.table import Row, keep, table
from verification.bench.workplace import Workplace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DOCUMENT = Path(__file__).parents[2] / "docs" / "benchmarks.md"
LISTS = (
    cases_tap.CASES,
    cases_target.CASES,
    cases_tls.CASES,
    cases_pipe.CASES,
    cases_start_up.CASES,
)
CASES = {case.__name__: case for cases in LISTS for case in cases}


def main() -> None:
    """Measure, and print the table as Markdown."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("cases", nargs="*", metavar="case", help=", ".join(CASES))
    names = parser.parse_args().cases
    unknown = sorted(set(names) - CASES.keys())
    if unknown:
        sys.exit(f"no such case: {', '.join(unknown)}; there are {', '.join(CASES)}")
    rows = [row for name in names or CASES for row in printed_rows(CASES[name])]
    written = table(rows)
    sys.stdout.write(written)
    if not names:
        keep(DOCUMENT, "make bench", written)


def printed_rows(case: Callable[[Workplace], list[Row]]) -> Iterator[Row]:
    """Yield a case's rows, and print each on standard error."""
    with Workplace() as place:
        for row in case(place):
            sys.stderr.write(f"{row}\n")
            yield row


if __name__ == "__main__":
    main()
