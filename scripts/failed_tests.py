"""Writes the tests that failed last, each on a line, as pytest reads them from a file.

Its exit status is 1 where no test failed, so that something else did, and where many did.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

FAILED = Path(".pytest_cache/v/cache/lastfailed")
MOST = 5


def main() -> int:
    """Write them to standard output."""
    tests = list(json.loads(FAILED.read_text())) if FAILED.exists() else []
    sys.stdout.writelines(f"{test}\n" for test in tests)
    if 0 < len(tests) <= MOST:
        return 0
    sys.stderr.write(f"failed tests: {len(tests)}; up to {MOST} are run again\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
