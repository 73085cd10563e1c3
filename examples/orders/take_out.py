"""Take out of a rejects file what CleverTap has, by the keys of its events.

    python3 take_out.py arrived.txt clevertap-rejects.jsonl

`arrived.txt` has the `event_key` of an event on each line. If no reject has a key, nothing is
changed. The file as it was is kept as `….before-` and the time.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import shutil
import sys
from datetime import datetime, timezone
from pathlib import Path


def key_of(line: bytes) -> str | None:
    """Return the key of a reject; None of a line that is not one, or is cut short."""
    try:
        key = json.loads(line)["record"]["event_key"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return key if isinstance(key, str) else None


def take_out(arrived: set[str], rejects: Path) -> None:
    """Write the file without the rejects of these keys."""
    with rejects.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # as the target does before it appends a line
        if not os.path.samestat(os.fstat(file.fileno()), rejects.stat()):
            sys.exit(f"take_out.py: {rejects}: a replay took it meanwhile; run this again")
        write(arrived, rejects, [(key_of(line), line) for line in file])


def write(arrived: set[str], rejects: Path, lines: list[tuple[str | None, bytes]]) -> None:
    """Write the lines whose keys are others."""
    if unknown := sorted(arrived - {key for key, _ in lines}):
        message = f"take_out.py: no reject has the key {unknown[0]!r}; correct it"
        sys.exit(message)
    rest = rejects.with_name(f"{rejects.name}.rest")
    now = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%S.%fZ")
    for copy in (rejects.with_name(f"{rejects.name}.before-{now}"), rest):
        shutil.copy2(rejects, copy)  # with its mode and owner: it holds personal data
        os.chown(copy, rejects.stat().st_uid, rejects.stat().st_gid)
    with rest.open("wb") as file:
        file.writelines(line for key, line in lines if key not in arrived)
        file.flush()
        os.fsync(file.fileno())
    rest.replace(rejects)


def main(arrived_path: str, rejects_path: str) -> None:
    """Read the keys, and take them out."""
    try:
        keys = Path(arrived_path).read_text(encoding="utf-8-sig").split("\n")
        take_out({key.strip() for key in keys} - {""}, Path(rejects_path).resolve())
    except UnicodeDecodeError:
        sys.exit(f"take_out.py: {arrived_path}: it is not UTF-8; save it as UTF-8")
    except OSError as error:
        sys.exit(f"take_out.py: {error.filename}: {error.strerror}; nothing was changed")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Take out of the rejects what CleverTap has.")
    for name in ("arrived", "rejects"):
        parser.add_argument(f"{name}_path", metavar=name)
    main(**vars(parser.parse_args()))
