"""The plugins themselves over changed files, against the emulator: `make fuzz-processes`.

What a user would see is looked at: no stack trace, an end in time, one of the documented statuses,
and output that is JSON. Findings are in `verification/fuzz/findings`, a folder for each.
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import json
import math
import shutil
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from clevertap_emulator.testing import Emulator
from tests.support.plugin_process import tap_config
from tests.support.target_process import lines, orders
from tests.support.two_ways import SETTINGS
from verification.fuzz.export_files import COLUMNS
from verification.fuzz.plugin_fork import Ended, run
from verification.fuzz.reader import BETWEEN, Reader, Wrong, expect
from verification.fuzz.readers.ledger_files import file_of
from verification.fuzz.run import HERE, QUICK
from verification.fuzz.tap_run import SETTINGS as TAP_SETTINGS

if TYPE_CHECKING:
    from collections.abc import Callable

TAP, TARGET = "tap-clevertap", "target-clevertap"
SECONDS = 60
ZONE = TAP_SETTINGS["timezone"]
MOST_MEGABYTES = 700
BODILESS = {"204", "304"}
STATUSES = {TAP: {0, 1}, TARGET: {0, 1, 3}}
MANY = lines(orders(300))
"""Enough for other processes to prepare them."""


@dataclass(frozen=True)
class Place:
    """Where a run takes place: its folder, and the emulator."""

    folder: Path
    emulator: Emulator

    def put(self, name: str, content: bytes) -> str:
        """Write a file, and return its path."""
        path = self.folder / name
        path.write_bytes(content)
        return str(path)

    def tap(self, *more: str, **settings: Any) -> tuple[str, list[str], None]:
        """Return how the tap is run with some settings."""
        given = {"timezone": ZONE, "events": ["Charged"], "profile_events": ["App Launched"]}
        config = tap_config(self.emulator, **{**given, **settings})
        return TAP, ["--config", self.put("config.json", json.dumps(config).encode()), *more], None

    def target(self, given: str, **settings: Any) -> tuple[str, list[str], str]:
        """Return how the target is run with some input."""
        config = {**SETTINGS, **tap_config(self.emulator), **settings}
        del config["profile_events"]
        path = self.put("config.json", json.dumps(config).encode())
        return TARGET, ["--config", path], given


Prepared = tuple[str, list[str], "str | None"]


def singer_lines(place: Place, content: bytes) -> Prepared:
    """Give the target lines; every other time enough of them for the fast path."""
    more = MANY if len(content) % 2 else b""
    return place.target(place.put("input", more + content))


def rejects_files(place: Place, content: bytes) -> Prepared:
    """Send a rejects file again."""
    return place.target(place.put("clevertap-rejects.jsonl", content))


def ledger_files(place: Place, content: bytes) -> Prepared:
    """Deliver with a ledger that is there already."""
    ledger = str(file_of(content, str(place.folder)))
    return place.target(place.put("input", MANY), ledger_path=ledger)


def states(place: Place, content: bytes) -> Prepared:
    """Continue from a state."""
    return place.tap("--state", place.put("state.json", content))


def catalogs(place: Place, content: bytes) -> Prepared:
    """Read what a catalog selects."""
    return place.tap("--catalog", place.put("catalog.json", content))


def events_csv(place: Place, content: bytes) -> Prepared:
    """Take the names of events from a file."""
    return place.tap(events=[], events_file=place.put("events.csv", content))


def configuration(place: Place, content: bytes) -> Prepared:
    """Run with other settings."""
    here = {
        "http://localhost:8025": place.emulator.url,
        "file:///nowhere": f"file://{place.folder}",
    }
    for there, new in here.items():
        content = content.replace(there.encode(), new.encode())
    content = content.replace(b'"account_id":"a"', b'"account_id":"TEST-000-0000"')
    content = content.replace(b'"passcode":"p"', b'"passcode":"emulator"')
    path = place.put("config.json", content)
    if b'"timezone"' in content:
        return TAP, ["--config", path], None
    return TARGET, ["--config", path], place.put("input", MANY)


def api_bodies(place: Place, content: bytes) -> Prepared:
    """Have the emulator answer a page otherwise."""
    place.emulator.faults([_fault("page", content), _fault("schema", content)])
    return place.tap()


def upload_answers(place: Place, content: bytes) -> Prepared:
    """Have the emulator answer an upload otherwise."""
    place.emulator.faults([_fault("upload", content)])
    return place.target(place.put("input", MANY))


def files_csv(place: Place, content: bytes) -> Prepared:
    """Read an export file in CSV."""
    return _exported(place, "csv", content)


def files_json(place: Place, content: bytes) -> Prepared:
    """Read an export file in JSON."""
    return _exported(place, "json", content)


def files_xml(place: Place, content: bytes) -> Prepared:
    """Read an export file in XML."""
    return _exported(place, "xml", content)


def _exported(place: Place, ending: str, content: bytes) -> Prepared:
    """Give the tap a file; every other one packed, and every third with bad rows to skip."""
    folder = place.folder / "exports"
    folder.mkdir()
    packed = gzip.compress(content, mtime=0) if len(content) % 2 else content
    (folder / f"1-1761651721-Charged-20260803-0-0.{ending}").write_bytes(packed)
    return place.tap(
        select=["exported_events", "exported_profiles"],
        export_files_url=str(folder),
        export_files_bad_rows="fail" if len(content) % 3 else "skip",
        export_files_columns=COLUMNS,
    )


def _fault(kind: str, content: bytes) -> dict[str, Any]:
    head, _, body = content.split(BETWEEN)[-1].partition(b"\n")
    status = head[:3].decode(errors="replace")
    is_given = status.isdecimal() and "200" <= status < "600" and status not in BODILESS
    known = int(status) if is_given else 200
    action = {"status": known, "body": body.decode(errors="replace")}
    return {"match": {"kind": kind, "times": 1}, "action": action}


KINDS: dict[str, Callable[[Place, bytes], Prepared]] = {
    each.__name__: each
    for each in (
        *(singer_lines, rejects_files, ledger_files, states, catalogs),
        *(events_csv, configuration, api_bodies, upload_answers),
        *(files_csv, files_json, files_xml),
    )
}


def check(plugin: str, ended: Ended) -> None:
    """Look at what a user would see.

    Raises:
        Wrong: Saying what is not as documented.
    """
    expect(ended.status is not None, "it did not end")
    expect("Traceback" not in ended.log, "there is a stack trace")
    expect(ended.status in STATUSES[plugin], f"its status is {ended.status}")
    is_logged = "ERROR" in ended.log or "Error: " in ended.log
    expect(ended.status != 1 or is_logged, "it does not log why it ended")
    expect(ended.megabytes < MOST_MEGABYTES, f"it took {ended.megabytes:.0f} MB")
    if plugin == TAP:  # the target passes a state on as it came
        lines_written = ended.output.splitlines()
        expect(all(map(_is_message, lines_written)), "it wrote a line that is not a message")


def _is_message(line: bytes) -> bool:
    try:
        return "type" in msgspec.json.decode(line, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False


def once(name: str, content: bytes, emulator: Emulator) -> int:
    """Run a plugin with some content; return its status.

    Raises:
        Wrong: Where what it does is not as documented; its folder is kept then.
    """
    with tempfile.TemporaryDirectory(dir=QUICK.get("TMPDIR")) as folder:
        place = Place(Path(folder), emulator)
        plugin, arguments, given = KINDS[name](place, content)
        path = Path(given) if given else None
        ended = run(plugin, arguments, Path(folder), given=path, seconds=SECONDS)
        try:
            check(plugin, ended)
        except Wrong:
            kept = HERE / "findings" / f"process-{name}-{time.time_ns()}"
            shutil.copytree(folder, kept)
            (kept / "content").write_bytes(content)
            raise
    return int(ended.status or 0)


def main() -> None:
    """Run the plugins, print what became of them, and end with 1 for a finding or without a run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="for all together")
    parser.add_argument("--runs", type=int, help="end after so many")
    parser.add_argument("--seed", type=int, default=0, help="of the first change")
    parser.add_argument("kinds", nargs="*", metavar="kind", help=", ".join(KINDS))
    given = parser.parse_args()
    names, found, counts = given.kinds or [*KINDS], 0, Counter[str]()
    emulator = Emulator.start(days=2, users=20, events_per_day=60, preparing=0, timezone=ZONE)
    until = math.inf if given.runs else time.monotonic() + given.seconds
    runs = range(given.runs) if given.runs else itertools.count()
    try:
        for seed in itertools.takewhile(lambda _: time.monotonic() < until, runs):
            name = names[seed % len(names)]
            found += not _fine(name, given.seed + seed, emulator, counts)
    finally:
        emulator.stop()
    ran = found + sum(counts.values())
    sys.stdout.write(f"{ran} runs, {dict(counts)}, {found} found\n")
    sys.exit(bool(found) or not ran)


def _fine(name: str, seed: int, emulator: Emulator, counts: Counter[str]) -> bool:
    reader: Reader = import_module(f"verification.fuzz.readers.{name}").READER
    content = reader.changed(reader.seeds[seed // len(KINDS) % len(reader.seeds)], seed)
    emulator.reset()
    try:
        counts[f"{name} {once(name, content, emulator)}"] += 1
    except Wrong as fault:
        sys.stdout.write(f"{name}, seed {seed}: {fault}\n")
        sys.stdout.flush()
        return False
    return True


if __name__ == "__main__":
    main()
