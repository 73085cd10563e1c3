"""The versions of Python that are installed here, and environments of them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from programs import UV, run

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PROBE = "import sys; print('.'.join(map(str, sys.version_info[:2])))"
SECONDS = 60


def installed(versions: Iterable[str]) -> dict[str, str]:
    """Return an interpreter for each of the versions that this machine has."""
    found = {}
    for version in versions:
        for candidate in _candidates(version):
            if _version_of(candidate) == version:
                found[version] = candidate
                break
    return found


def _candidates(version: str) -> Iterator[str]:
    """Yield programs that may be this Python: on the path, and where pyenv keeps them."""
    name = f"python{version}"
    folders = [Path(each) for each in os.get_exec_path()]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    folders += sorted(pyenv.glob(f"{version}.*/bin"))
    yield from (str(each / name) for each in folders if (each / name).is_file())


def _version_of(program: str) -> str | None:
    """Return the version that a program reports; None if it does not run, as a shim of pyenv."""
    try:
        finished = subprocess.run(
            [program, "-c", PROBE], capture_output=True, check=False, text=True, timeout=SECONDS
        )
    except OSError:
        return None
    return finished.stdout.strip() if finished.returncode == 0 else None


def environment(folder: Path, python: str, *requirements: object) -> Path:
    """Make an environment that has only these requirements, and return its folder of programs."""
    run(UV, "venv", "--quiet", "--python", python, folder)
    programs = folder / "bin"
    run(UV, "pip", "install", "--quiet", "--python", programs / "python", *requirements)
    return programs
