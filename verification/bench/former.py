"""The build of an earlier commit, in an environment of its own, to measure today's against.

`python -m verification.bench.former` makes it, once.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from io import BytesIO
from pathlib import Path

from verification.bench.measure import BIN

COMMIT = "2f47414"
"""The last one before the plugins were rebuilt: each has two worker processes."""
ROOT = Path(__file__).parents[2]
FOLDER = BIN.parent / f"build-{COMMIT}"
FORMER_BIN = FOLDER / "environment" / "bin"
STAMP = FOLDER / "complete"
PACKAGES = ("tap-clevertap", "target-clevertap")
NEEDED = (*PACKAGES, "constraints.txt")


def main() -> None:
    """Make it, unless it is there."""
    if STAMP.is_file() and STAMP.read_text() == sys.version:
        return
    source = FOLDER / "source"
    source.mkdir(parents=True, exist_ok=True)
    unpack(source)
    environment, uv = FORMER_BIN.parent, [str(BIN / "uv")]
    run([*uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(environment)])
    given = ["--constraint", str(source / "constraints.txt"), *(str(source / p) for p in PACKAGES)]
    python = str(FORMER_BIN / "python")
    run([*uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", python, *given])
    STAMP.write_text(sys.version)


def unpack(folder: Path) -> None:
    """Write the commit's packages into a folder."""
    command = ["git", "archive", COMMIT, *NEEDED]
    archived = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)  # noqa: S603 - ours
    if archived.returncode:
        sys.exit(
            f"{COMMIT} is not in this clone: {archived.stderr.decode()}; git fetch --unshallow"
        )
    with tarfile.open(fileobj=BytesIO(archived.stdout)) as archive:
        archive.extractall(folder)  # noqa: S202 - our own commit


def run(command: list[str]) -> None:
    """Run a command, which must succeed."""
    subprocess.run(command, check=True, env=os.environ)  # noqa: S603 - our own


if __name__ == "__main__":
    main()
