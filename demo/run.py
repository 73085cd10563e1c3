"""The demo: both directions through Meltano against the emulator, and what moved, in a terminal."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Console
from rich.table import Table

from clevertap_emulator.testing import Emulator

ROOT = Path(__file__).resolve().parent.parent
OUTPUT = ROOT / "output" / "demo"
BIN = Path(sys.executable).parent
UNEQUAL = "demo: CleverTap and the warehouse differ; see NO above, and read output/demo/meltano.log"
console = Console(width=100, highlight=False)


def main() -> None:
    """Run the demo from an empty output folder; leave nothing running."""
    began = time.monotonic()
    os.chdir(ROOT)
    shutil.rmtree(OUTPUT, ignore_errors=True)
    (OUTPUT / "state").mkdir(parents=True)
    with emulator_of(os.environ.get("CLEVERTAP_EMULATOR_URL")) as emulator:
        say(f"An emulator of CleverTap at {emulator.url}")
        is_equal = show_both_directions(emulator)
    console.print(f"\nDone in {time.monotonic() - began:.0f} s; the files are in {OUTPUT}.")
    if not is_equal:
        sys.exit(UNEQUAL)


def emulator_of(url: str | None) -> Emulator:
    """Return the emulator that runs at a URL, or start one."""
    return Emulator.at(url) if url else Emulator.start(days=30, timezone="Asia/Kolkata")


def show_both_directions(emulator: Emulator) -> bool:
    """Load events and profiles twice, query them, and send a table back.

    Returns:
        Whether both sides are equal, in both directions.
    """
    say("Installing the plugins, each into an environment of its own (once)")
    meltano("install", emulator=emulator)
    say("CleverTap to warehouse: everything of a month")
    first = meltano("run", "tap-clevertap", "target-jsonl", emulator=emulator)
    say("Once more: only the look-back and today")
    second = meltano("run", "tap-clevertap", "target-jsonl", emulator=emulator)
    console.print(f"{rows_in('events', 0):,} events, then {rows_in('events', 1):,}", end="; ")
    console.print(f"{first:.0f} s, then {second:.0f} s")
    with duckdb.connect(str(OUTPUT / "warehouse.duckdb")) as warehouse:
        warehouse.execute((ROOT / "demo" / "warehouse.sql").read_text())
        is_all_there = compare_with_truth(warehouse, emulator)
        show_events(warehouse)
        say("Warehouse to CleverTap: the loyalty table as properties of its users")
        meltano("run", "tap-jsonl", "target-clevertap", emulator=emulator)
        return compare_loyalty(warehouse, emulator) and is_all_there


def meltano(*arguments: str, emulator: Emulator) -> float:
    """Run Meltano, with its log in a file; return the seconds it took."""
    console.print("$ meltano", *arguments, style="dim")
    environment = {
        "MELTANO_STATE_BACKEND_URI": f"file://{OUTPUT}/state",
        "NO_COLOR": "1",
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
    }
    for plugin in ("TAP_CLEVERTAP", "TARGET_CLEVERTAP"):
        environment[f"{plugin}_ACCOUNT_ID"] = emulator.account_id
        environment[f"{plugin}_PASSCODE"] = emulator.passcode
        environment[f"{plugin}_API_URL"] = emulator.url
    began = time.monotonic()
    with (OUTPUT / "meltano.log").open("a") as log:
        finished = subprocess.run(  # noqa: S603 - our own program
            [str(BIN / "meltano"), *arguments],
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if finished.returncode:
        console.print((OUTPUT / "meltano.log").read_text()[-4000:], markup=False)
        sys.exit(f"meltano {' '.join(arguments)} ended with status {finished.returncode}")
    return time.monotonic() - began


def rows_in(stream: str, run: int) -> int:
    """Return how many rows the given run of the tap wrote of a stream."""
    path = sorted(OUTPUT.glob(f"{stream}-*.jsonl"))[run]
    with path.open("rb") as lines:
        return sum(1 for _ in lines)


def compare_with_truth(warehouse: duckdb.DuckDBPyConnection, emulator: Emulator) -> bool:
    """Print the rows in the warehouse and in the emulator; return whether all counts are equal."""
    truth = emulator.truth()
    table = new_table("", "in CleverTap", "in the warehouse", "equal")
    held = {"events": len(truth["events"]), "profiles": len(launched(emulator))}
    are_equal = True
    for stream, expected in held.items():
        found = number(warehouse, f"SELECT count(*) FROM {stream}")  # noqa: S608 - two known names
        table.add_row(stream, f"{expected:,}", f"{found:,}", yes_or_no(found == expected))
        are_equal &= found == expected
    console.print(table)
    return are_equal


def launched(emulator: Emulator) -> list[Any]:
    """Return the profiles of those who launched the app: what the profiles stream reads."""
    profiles: list[Any] = emulator.truth(kind="profiles", event_name="App Launched")["profiles"]
    return profiles


def show_events(warehouse: duckdb.DuckDBPyConnection) -> None:
    """Print a few answers of SQL: the events, their users, and a plot."""
    table = new_table("event", "rows", "users", "")
    rows = warehouse.execute(
        """
        SELECT event_name, count(*) AS events, count(DISTINCT object_id),
               bar(count(*), 0, max(count(*)) OVER (), 40)
        FROM events GROUP BY event_name ORDER BY events DESC LIMIT 12
        """
    ).fetchall()
    for name, events, users, bar in rows:
        table.add_row(name, f"{events:,}", f"{users:,}", bar)
    console.print(table)


def compare_loyalty(warehouse: duckdb.DuckDBPyConnection, emulator: Emulator) -> bool:
    """Print the tiers in the warehouse and in the emulator; return whether all are equal."""
    held: set[tuple[str, str, float]] = set()
    for profile in emulator.truth(kind="profiles")["profiles"]:
        data = profile["profile_data"] or {}
        if "Loyalty Tier" in data:
            held.add((profile["identity"], data["Loyalty Tier"], float(data["Lifetime Value"])))
    rows = warehouse.execute("SELECT identity, tier, spent::DOUBLE FROM loyalty").fetchall()
    table = new_table("tier", "users in the warehouse", "with tier and value in CleverTap", "equal")
    are_equal = True
    for tier in ("gold", "silver", "bronze"):
        users = [row for row in rows if row[1] == tier]
        found = sum(row in held for row in users)
        table.add_row(tier, f"{len(users):,}", f"{found:,}", yes_or_no(found == len(users)))
        are_equal &= found == len(users)
    console.print(table)
    return are_equal


def number(warehouse: duckdb.DuckDBPyConnection, query: str) -> int:
    """Return the one number that a query answers."""
    row = warehouse.execute(query).fetchone()
    return int(row[0]) if row else 0


def new_table(*columns: str) -> Table:
    """Return an empty table; all but the first and last column hold numbers."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for position, column in enumerate(columns):
        inner = 0 < position < len(columns) - 1
        table.add_column(column, justify="right" if inner else "left")
    return table


def yes_or_no(equal: bool) -> str:  # noqa: FBT001 - a fact to be printed
    """Return the word for a fact."""
    return "yes" if equal else "NO"


def say(what: str) -> None:
    """Print a heading."""
    console.print(f"\n{what}", style="bold")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
