"""Programs that a release is checked with, run to their end in a clean environment."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

from packages import ReleaseError

BIN = Path(sys.executable).parent
UV = BIN / "uv"
TOOLS = BIN.parent / "release" / "bin"
"""Where `make release-check` installs the tools of a release."""

SECONDS = 600
KEPT = ("HOME", "LANG", "PATH", "TMPDIR", "TZ")
"""What a program inherits, next to the settings of installers."""

INSTALLERS = ("PIP_", "PYENV_", "SSL_", "UV_")
LAST_LINES = 15


def run(*command: object, environment: dict[str, str] | None = None) -> str:
    """Return the standard output of a program that ended well.

    Raises:
        ReleaseError: It is missing, or ended with another status than 0; the message has its last
            lines.
    """
    shown = shlex.join(str(each) for each in command)
    try:
        finished = subprocess.run(
            [str(each) for each in command],
            env=clean_environment() | (environment or {}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            encoding="utf-8",
            errors="replace",
            timeout=SECONDS,
        )
    except OSError as error:
        message = f"{shown}: {error.strerror}; install the program"
        raise ReleaseError(message) from None
    except subprocess.TimeoutExpired:
        message = (
            f"{shown}: no end after {SECONDS} seconds; run it alone, and see what it waits for"
        )
        raise ReleaseError(message) from None
    if finished.returncode:
        lines = (finished.stdout + finished.stderr).strip().splitlines()[-LAST_LINES:]
        message = f"{shown}: exit status {finished.returncode}\n" + "\n".join(lines)
        raise ReleaseError(message)
    return finished.stdout


def clean_environment() -> dict[str, str]:
    """Return the environment without settings of the plugins, of Python and of other tools."""
    return {
        name: value
        for name, value in os.environ.items()
        if name in KEPT or name.startswith(INSTALLERS)
    }
