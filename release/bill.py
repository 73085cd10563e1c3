"""The software bill of materials of a package: all that an installation of it brings."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from packages import Package, ReleaseError
from programs import TOOLS, run

if TYPE_CHECKING:
    from pathlib import Path


def write_bill(package: Package, programs: Path, dist: Path) -> int:
    """Write `dist/NAME-VERSION.cdx.json` in CycloneDX and return the number of components.

    Raises:
        ReleaseError: A component has no version.
    """
    path = dist / f"{package.name}-{package.version}.cdx.json"
    options = ("--output-reproducible", "--output-format", "JSON", "--mc-type", "application")
    manifest = ("--pyproject", package.folder / "pyproject.toml")
    tool = (TOOLS / "cyclonedx-py", "environment", *options, *manifest)
    run(*tool, "--output-file", path, programs / "python")
    bill = json.loads(path.read_text(encoding="utf-8"))
    names = [each["name"] for each in bill["components"]]
    nameless = [each["name"] for each in bill["components"] if not each.get("version")]
    if nameless:
        message = f"{path.name}: no version of {', '.join(nameless)}; look at their metadata"
        raise ReleaseError(message)
    return len(names)
