"""Compare what two projects hold, row by row, in constant memory.

    python3 compare.py old.singer new.singer move-rejects.jsonl 2026-09-01

The files have what `meltano invoke tap-clevertap` writes. Only events before the day (UTC) count.
The exit status is 1 if a row is missing or different in the new project, and not among the rejects.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections import Counter
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

Row = dict[str, Any]

MOST_DIGITS = 400  # of a number that is compared as an integer

KEYS = {"event_key", "profile_key"}  # of events and profiles, which alone are moved

# Events that only CleverTap itself may raise: the API takes them from nobody.
NOT_TRANSFERABLE = {
    "notificationsent",
    "notificationviewed",
    "notificationclicked",
    "notificationdelivered",
    "notificationreplied",
    "utmvisited",
    "applaunched",
    "appuninstalled",
    "appversionchanged",
    "stayed",
    "replysent",
    "experimentrendered",
    "reachableby",
    "identityset",
    "identityreset",
    "identityerror",
}


def number(text: str) -> int | float:
    """Return a number with a point: 1.0 is the integer 1, whose digits are all compared."""
    value = Decimal(text)
    is_whole = value.adjusted() < MOST_DIGITS and value == value.to_integral_value()
    return int(value) if is_whole else float(text)


def records(path: str) -> Iterator[Row]:
    """Yield the events and profiles of an export; one that is not whole ends the program."""
    place = 0
    try:
        with Path(path).open("rb") as lines:
            for place, line in enumerate(lines, 1):
                message = message_of(line)
                if message is None:
                    sys.exit(f"{path}: line {place} is no Singer message; export it again")
                if message["type"] == "BATCH":
                    sys.exit(f"{path}: its records are in batch files; export without batch_config")
                if is_moved(message):
                    yield message["record"]
    except OSError as error:
        sys.exit(f"{path}: {error.strerror}; export it first")
    if not place:
        sys.exit(f"{path}: it is empty; export it again")


def message_of(line: bytes) -> Row | None:
    """Return a message; None of a line that is none, such as one that a kill cut short."""
    try:
        message: Row = json.loads(line, parse_float=number)
    except (ValueError, ArithmeticError, RecursionError):
        return None
    return message if isinstance(message, dict) and "type" in message else None


def is_moved(message: Row) -> bool:
    """Return whether a message has an event or a profile."""
    row = message.get("record")
    return message["type"] == "RECORD" and isinstance(row, dict) and not KEYS.isdisjoint(row)


def reject_of(line: bytes) -> Row | None:
    """Return a reject of an event or a profile; None of any other line."""
    message = message_of(line)
    return message if message and is_moved(message) else None


def rejected(path: Path) -> list[Row]:
    """Return the records of a rejects file, if it is there."""
    try:
        lines = path.read_bytes().split(b"\n") if path.exists() else []
    except OSError as error:
        sys.exit(f"{path}: {error.strerror}; name the rejects file of the move")
    return [each["record"] for each in map(reject_of, lines) if each]


def kept(block: Row | None, items: str | None = None) -> Row:
    """Return properties as a move keeps them: no empty ones, objects and lists as JSON text."""
    found = {
        name: value for name, value in (block or {}).items() if value not in (None, "", [], {})
    }
    return {
        name: json.dumps(value, sort_keys=True, separators=(",", ":"))
        if isinstance(value, dict | list) and name != items
        else value
        for name, value in found.items()
    }


def compared(row: Row) -> tuple[str, list[Any]]:
    """Return what `facts_of_row` does; a row that the tap would not write ends the program."""
    try:
        return facts_of_row(row)
    except (AttributeError, KeyError, TypeError, ValueError):
        sys.exit(f"{key_of(row)}: this row is not as the tap writes it; export all its columns")


def facts_of_row(row: Row) -> tuple[str, list[Any]]:
    """Return the name under which a row is counted, and what has to be equal in both projects."""
    if "event_key" in row:
        name = row["event_name"].replace(" ", "").lower()  # as CleverTap compares names
        user = row["identity"] or row["object_id"]
        moment = datetime.fromisoformat(row["event_time"]).timestamp()
        return name, [str(user), moment, kept(row["event_props"], "Items")]
    user = row["identity"] or min(row["object_ids"] or [None])
    phone = row["phone"] and str(row["phone"]).lstrip("+")
    return "(profiles)", [str(user), row["name"], row["email"], phone, kept(row["profile_data"])]


class Rows:
    """How many rows there are of each name, and the sum of their hashes, for any order."""

    def __init__(self, path: str, until: str, left_out: frozenset[str] = frozenset()) -> None:
        """Read the rows of a file before a day, without those of some keys."""
        self.counts: Counter[str] = Counter()
        self.sums: Counter[str] = Counter()
        self.first_key = ""
        for row in records(path):
            key = key_of(row)
            if time_of(row) >= until or key in left_out:
                continue
            name, facts = compared(row)
            text = json.dumps(facts, sort_keys=True).encode()
            self.counts[name] += 1
            self.sums[name] += int.from_bytes(hashlib.blake2b(text).digest(), "big")
            self.first_key = min(key, self.first_key or key)


def key_of(row: Row) -> str:
    """Return a row's key, which is a hash of its account too."""
    return str(row.get("event_key") or row["profile_key"])


def time_of(row: Row) -> str:
    """Return the time of an event; empty text for a profile, which has none."""
    return str(row.get("event_time") or "")


def day(text: str) -> str:
    """Return a day as exports have it; raise ValueError for any other text."""
    return date.fromisoformat(text).isoformat()


def main(old_path: str, new_path: str, rejects_path: str, until: str) -> int:
    """Print a line for each event; return the exit status."""
    rejects = rejected(Path(rejects_path))
    old = Rows(old_path, until, frozenset(map(key_of, rejects)))
    new = Rows(new_path, until)
    if old.first_key == new.first_key:
        sys.exit("compare.py: both files are of the same project, or empty; export them again")
    once = {key_of(row): row for row in rejects}.values()  # two runs may refuse the same row
    refused = Counter(compared(row)[0] for row in once if time_of(row) < until)
    print(f"{'event':<32}{'old':>10}{'rejects':>10}{'new':>10}  equal")  # noqa: T201
    verdicts = set()
    for name in sorted({*old.counts, *refused, *new.counts}):
        is_equal = (old.counts[name], old.sums[name]) == (new.counts[name], new.sums[name])
        is_kept_out = name in NOT_TRANSFERABLE and not new.counts[name]
        verdict = "not transferable" if is_kept_out else "yes" if is_equal else "NO"
        verdicts.add(verdict)
        counts = (old.counts[name] + refused[name], refused[name], new.counts[name])
        print(f"{name:<32}" + "".join(f"{each:>10,}" for each in counts) + f"  {verdict}")  # noqa: T201
    return 1 if "NO" in verdicts else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Compare what two projects hold, row by row.")
    for name in ("old", "new", "rejects"):
        parser.add_argument(f"{name}_path", metavar=name)
    parser.add_argument("until", type=day, help="the first day (UTC) that does not count")
    sys.exit(main(**vars(parser.parse_args())))
