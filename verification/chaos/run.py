"""Both plugins disturbed at random moments, against the emulator's truth: `make chaos`.

Cases named as arguments are run alone; without any, all are, and the table goes into the document,
if it is of as many disturbances as the document speaks of.
"""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from verification.bench.table import keep
from verification.bench.workplace import Workplace
from verification.chaos.cases_deletes import deletes_resend, deletes_skip
from verification.chaos.cases_files import exported_files
from verification.chaos.cases_ledger import short_runs
from verification.chaos.cases_load import load
from verification.chaos.cases_meltano import meltano
from verification.chaos.cases_profiles import profiles
from verification.chaos.cases_tap import tap, tap_per_event
from verification.chaos.cases_target import target_resend, target_skip
from verification.chaos.disturbances import OF_TARGET
from verification.chaos.figures import row_of, tables

if TYPE_CHECKING:
    from verification.bench.table import Row
    from verification.chaos.tally import Tally

DOCUMENT = Path(__file__).parents[2] / "docs" / "guarantees.md"
KEPT_COUNT = 200
"""From how many disturbances of each case on a table goes into the document."""
LOADS = {each.__name__: each for each in (load, short_runs)}
DISTURBED = {
    each.__name__: each
    for each in (
        *(tap, tap_per_event, exported_files, target_resend, target_skip),
        *(deletes_resend, deletes_skip, profiles, meltano),
    )
}


def main() -> None:
    """Run the cases, and print the tables as Markdown.

    Exits with 1 where anything that is promised did not hold.
    """
    given = arguments()
    wanted = given.cases or [*DISTURBED, *LOADS]
    with ThreadPoolExecutor(len(DISTURBED)) as pool:
        disturbed = [name for name in wanted if name in DISTURBED]
        tallies = list(pool.map(lambda name: case(name, given), disturbed))
    rows = [row for name in wanted if name in LOADS for row in loaded(name, given.rows)]
    written = tables(tallies, rows)
    sys.stdout.write(written)
    if faults := sum(len(tally.faults) for tally in tallies):
        sys.exit(f"{faults} faults, see above")
    if not given.cases and given.count >= KEPT_COUNT:
        keep(DOCUMENT, "make chaos", written)
    else:
        sys.stderr.write(f"not kept: {DOCUMENT.name} has all cases, of N={KEPT_COUNT} or more\n")


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="make chaos")
    parser.add_argument("--count", type=int, default=KEPT_COUNT)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--seed", default="1")
    parser.add_argument("cases", nargs="*", choices=[[], *DISTURBED, *LOADS])
    given = parser.parse_args()
    if given.count < len(OF_TARGET):
        parser.error(f"N is at least {len(OF_TARGET)}: one disturbance of each kind")
    return given


def case(name: str, given: argparse.Namespace) -> Tally:
    """Run a case in a workplace of its own, and print what it found."""
    with Workplace() as place:
        tally = DISTURBED[name](place, given.count, given.seed)
    sys.stderr.write(f"{row_of(tally)}\n")
    return tally


def loaded(name: str, rows: int) -> list[Row]:
    """Run a load after all others, which would slow it down, and print what it found."""
    with Workplace() as place:
        found = LOADS[name](place, rows)
    sys.stderr.writelines(f"{row}\n" for row in found)
    return found


if __name__ == "__main__":
    main()
