"""Wheels and source archives, built twice, and what their metadata is checked for."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from packages import ROOT, Package, ReleaseError
from programs import TOOLS, UV, run

if TYPE_CHECKING:
    from pathlib import Path


def build(package: Package, dist: Path, again: Path) -> Path:
    """Build both archives, the wheel from the source archive, and return the wheel.

    Raises:
        ReleaseError: A second build has other bytes, or the archives are not valid.
    """
    seconds = run("git", "-C", ROOT, "log", "-1", "--format=%ct").strip()
    for folder in (dist, again):
        command = (UV, "build", "--quiet", "--no-create-gitignore", "--out-dir", folder)
        run(*command, package.folder, environment={"SOURCE_DATE_EPOCH": seconds})
    built = archives_of(package, dist)
    for path in built:
        if digest(path) != digest(again / path.name):
            message = f"{path.name}: a second build has other bytes; find what differs"
            raise ReleaseError(message)
    run(TOOLS / "twine", "check", "--strict", *built)
    (wheel,) = (path for path in built if path.suffix == ".whl")
    run(TOOLS / "check-wheel-contents", wheel)
    return wheel


def archives_of(package: Package, dist: Path) -> list[Path]:
    """Return the source archive and the wheel of a package.

    Raises:
        ReleaseError: There is another number of them.
    """
    stem = f"{package.module}-{package.version}"
    found = [*dist.glob(f"{stem}.tar.gz"), *dist.glob(f"{stem}-*.whl")]
    if [path.suffix for path in found] != [".gz", ".whl"]:
        message = f"{package.name}: not one wheel and one source archive were built"
        raise ReleaseError(message)
    return found


def digest(path: Path) -> str:
    """Return the SHA-256 of a file, in hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
