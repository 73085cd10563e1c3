"""Both plugins disturbed at random moments, against the emulator's truth: `make chaos`.

Cases named as arguments are run alone; without any, all are. Tables go into the documents if they
are of as many disturbances as the documents speak of; that of most cases only if all were run.
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
from verification.chaos.cases_into_files import files_into
from verification.chaos.cases_ledger import short_runs
from verification.chaos.cases_load import load
from verification.chaos.cases_meltano import meltano
from verification.chaos.cases_profiles import profiles
from verification.chaos.cases_receiver import receiver
from verification.chaos.cases_receiver_load import receiver_load
from verification.chaos.cases_tap import tap, tap_per_event
from verification.chaos.cases_target import target_resend, target_skip
from verification.chaos.disturbances import OF_TARGET
from verification.chaos.figures import row_of, tables

if TYPE_CHECKING:
    from verification.bench.table import Row
    from verification.chaos.tally import Tally

DOCUMENTS = Path(__file__).parents[2] / "docs"
DOCUMENT = DOCUMENTS / "guarantees.md"
OWN_TABLES = {receiver.__name__: DOCUMENT, receiver_load.__name__: DOCUMENTS / "benchmarks.md"}
"""Cases with a table of their own, in which document: after every run that is whole."""
KEPT_COUNT = 200
KEPT_ROWS = 500_000
"""From how many disturbances of each case, and rows of a load on a table goes into its document."""
LOADS = {each.__name__: each for each in (load, short_runs, receiver_load)}
DISTURBED = {
    each.__name__: each
    for each in (
        *(tap, tap_per_event, exported_files, target_resend, target_skip),
        *(deletes_resend, deletes_skip, profiles, files_into, receiver, meltano),
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
        tallies = dict(
            zip(disturbed, pool.map(lambda name: case(name, given), disturbed), strict=True)
        )
    loads = {name: loaded(name, given.rows) for name in wanted if name in LOADS}
    own = {name: tables_of([name], tallies, loads) for name in wanted if name in OWN_TABLES}
    others = [name for name in wanted if name not in OWN_TABLES]
    written = tables_of(others, tallies, loads) if others else ""
    sys.stdout.write("\n".join(filter(None, [written, *own.values()])))
    if broken := broken_promises(tallies, loads):
        sys.exit(broken)
    if given.count < KEPT_COUNT or given.rows < KEPT_ROWS:
        sys.stderr.write(f"not kept: tables are of N={KEPT_COUNT}, ROWS={KEPT_ROWS}, or more\n")
        return
    for name, table in own.items():
        keep(OWN_TABLES[name], f"make chaos CASES={name}", table)
    if not given.cases:
        keep(DOCUMENT, "make chaos", written)


def broken_promises(tallies: dict[str, Tally], loads: dict[str, list[Row]]) -> str:
    """Return what did not hold, in words: faults, and missed goals of all but durations."""
    faults = sum(len(tally.faults) for tally in tallies.values())
    goals = [row for rows in loads.values() for row in rows if row.is_missed]
    missed = [f"missed: {row.case}, {row.figure}" for row in goals if not row.is_duration]
    return "\n".join([*missed, *([f"{faults} faults, see above"] if faults else [])])


def tables_of(names: list[str], tallies: dict[str, Tally], loads: dict[str, list[Row]]) -> str:
    """Write the tables of some cases."""
    disturbed = [tallies[name] for name in names if name in tallies]
    return tables(disturbed, [row for name in names for row in loads.get(name, [])])


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
