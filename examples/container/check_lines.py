"""Ends with status 1 if a file is not whole lines of JSON objects: tap-jsonl would skip the others.

python3 check_lines.py FILE
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

ADVICE = "write it under another name and rename it when it is whole"


def first_fault(path: Path) -> str | None:
    """Return what is wrong with a file, and what to do; None if tap-jsonl can read all of it."""
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip() and not is_object(line.strip()):
                    return f"line {number} is not a JSON object; {ADVICE}"
    except OSError as error:
        user = f"user {os.getuid()} may read it"
        return f"it cannot be read ({error.strerror}); see that it is there, and that {user}"
    except UnicodeDecodeError:
        return f"it is not UTF-8; {ADVICE}"
    return None


def is_object(line: str) -> bool:
    """Return whether a line is one JSON object."""
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


if __name__ == "__main__":
    path = Path(sys.argv[1])
    if fault := first_fault(path):
        sys.exit(f"{path}: {fault}; nothing was sent")
