# Source: tap-clevertap/tap_clevertap/_plugin/environment.py; copies: `make vendor`
"""What a process needs from the environment to run, and nothing else of it."""

from __future__ import annotations

import os

NEEDED = (
    "HOME",
    "LANG",
    "LANGUAGE",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "PATH",
    "TEMP",
    "TMP",
    "TMPDIR",
    "TZ",
    "TZDIR",
)
"""What finds the interpreter, its libraries and the time zones."""
PREFIXES = ("LC_", "MALLOC_", "PYTHON")


def bare_environment() -> dict[str, str]:
    """Return this process's environment without all that may be a secret."""
    return {
        name: value
        for name, value in os.environ.items()
        if name in NEEDED or name.startswith(PREFIXES)
    }
