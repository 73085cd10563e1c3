"""Take out of the rejects what arrived all the same: requests that were cut off.

    python3 settle.py old.singer new.singer move-rejects.jsonl

Only rejects with the code `uncertain` are looked at, and what the new project has of them is taken
out. What stays can be sent again. The file as it was is kept as `….before-` and the time.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import shutil
import sys
from collections import Counter
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from compare import compared, key_of, records, reject_of

Row = dict[str, Any]

MAPS = "compare both projects by hand, and take out what arrived"
EXPORT = "name the old project first, and export it after the move"


def facts_of(row: Row) -> str:
    """Return what has to be equal in both projects, as text."""
    return json.dumps(compared(row), sort_keys=True)


def arrived(old_path: str, new_path: str, rejects: list[Row]) -> tuple[set[str], set[str]]:
    """Return the keys of uncertain rejects that the new project has, and of undecided ones.

    Equal events are counted: those that the new project has more than were delivered did arrive.
    Nobody knows what arrived of rejects that the old project's export does not have any more.
    """
    uncertain = [each["record"] for each in rejects if each.get("code") == "uncertain"]
    facts = {key_of(row): facts_of(row) for row in uncertain}
    wanted, refused = {*facts.values()}, {key_of(each["record"]) for each in rejects}
    there, unseen = Counter[str](), {*facts}
    for row in records(new_path):
        if key_of(row) in facts:
            sys.exit(f"settle.py: {new_path}: it is of the old project; name the new one second")
        there.update({facts_of(row)} & wanted)
    for row in records(old_path):
        key = key_of(row)
        if key in facts and "event_key" in row and facts_of(row) != facts[key]:
            sys.exit(f"settle.py: {key}: a map changed this event; {MAPS}")
        unseen.discard(key)
        if key not in refused:
            there.subtract({facts_of(row)} & wanted)
    if facts and unseen == facts.keys():
        sys.exit(f"settle.py: {old_path}: it has none of the uncertain rejects; {EXPORT}")
    found = set()
    for key, text in facts.items():
        if key not in unseen and there[text] > 0:
            there[text] -= 1
            found.add(key)
    return found, unseen


def take_out(path: Path, old_path: str, new_path: str) -> tuple[set[str], set[str]]:
    """Write the file without what arrived, and return what `arrived` does."""
    with path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # as the target does before it appends a line
        if not os.path.samestat(os.fstat(file.fileno()), path.stat()):
            sys.exit(f"settle.py: {path}: a replay took it meanwhile; run this again")
        lines = [(line, reject_of(line)) for line in file]
        found, unseen = arrived(old_path, new_path, [each for _, each in lines if each])
        left = [line for line, each in lines if not (each and key_of(each["record"]) in found)]
        if found:
            write(path, b"".join(left))
    return found, unseen


def main(old_path: str, new_path: str, rejects_path: str) -> None:
    """Write the rejects without what arrived, and print how many there were."""
    path = Path(rejects_path).resolve()
    if not path.exists():
        sys.exit(f"settle.py: {path}: the file does not exist, so nothing was rejected")
    try:
        found, unseen = take_out(path, old_path, new_path)
    except OSError as error:
        sys.exit(f"settle.py: {error.filename}: {error.strerror}; nothing was taken out")
    print(f"uncertain records that arrived, and were taken out: {len(found):,}")  # noqa: T201
    if unseen:
        what = f"{len(unseen):,} of the uncertain rejects are not in it, and stay"
        todo = "look for them in the new project, then take them out or replay them"
        sys.exit(f"settle.py: {old_path}: {what}; {todo}")


def write(path: Path, content: bytes) -> None:
    """Replace a file by another one, and keep it under another name."""
    rest = path.with_name(f"{path.name}.rest")
    now = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%S.%fZ")
    for copy in (path.with_name(f"{path.name}.before-{now}"), rest):
        shutil.copy2(path, copy)  # with its mode and owner: it holds personal data
        os.chown(copy, path.stat().st_uid, path.stat().st_gid)
    with rest.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    rest.replace(path)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Take out of the rejects what arrived.")
    for name in ("old", "new", "rejects"):
        parser.add_argument(f"{name}_path", metavar=name)
    main(**vars(parser.parse_args()))
