"""The packages of a release, their versions and the sections of their changelogs."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NAMES = ("clevertap-emulator", "tap-clevertap", "target-clevertap")
"""In the order of their release."""

VERSION = re.compile(r'^version = "(.+)"$', re.MULTILINE)
CLASSIFIER = re.compile(r'"Programming Language :: Python :: (3\.\d+)"')
SECTION = re.compile(r"^## (\S+) \((\d{4}-\d\d-\d\d)\)\n(.*?)(?=^## |\Z)", re.DOTALL | re.MULTILINE)


class ReleaseError(Exception):
    """A package cannot be released; the message names it and what to do."""


@dataclass(frozen=True)
class Package:
    """One package of the repository.

    Attributes:
        name: Its name on PyPI, which is the name of its program and of its folder.
        version: The version in its `pyproject.toml`.
        pythons: The versions of Python that it supports, such as `3.11`.
        notes: The section of its changelog for this version, as Markdown.
    """

    name: str
    version: str
    pythons: tuple[str, ...]
    notes: str

    @property
    def module(self) -> str:
        """Return the name that Python imports."""
        return self.name.replace("-", "_")

    @property
    def folder(self) -> Path:
        """Return the folder of the sources."""
        return ROOT / self.name

    @property
    def tag(self) -> str:
        """Return the tag that releases it."""
        return f"{self.name}-v{self.version}"

    def is_named_in(self, text: str) -> bool:
        """Return whether a text has this version, which is not a part of another one there."""
        return bool(re.search(rf"(?<![\d.]){re.escape(self.version)}(?![\w+]|[.-]\w)", text))


def package_of(name: str, root: Path = ROOT) -> Package:
    """Return a package as its files describe it.

    Raises:
        ReleaseError: It has no version, or its changelog has no dated section for it.
    """
    manifest = (root / name / "pyproject.toml").read_text(encoding="utf-8")
    found = VERSION.search(manifest)
    if found is None:
        message = f"{name}/pyproject.toml: there is no version; set one"
        raise ReleaseError(message)
    version = found[1]
    notes = _notes(root / name / "CHANGELOG.md", version)
    return Package(name, version, tuple(CLASSIFIER.findall(manifest)), notes)


def _notes(changelog: Path, version: str) -> str:
    """Return the text under the heading of a version.

    Raises:
        ReleaseError: The newest dated section is of another version, of no day, or empty.
    """
    where = f"{changelog.parent.name}/CHANGELOG.md"
    newest = SECTION.search(changelog.read_text(encoding="utf-8"))
    if newest is None or newest[1] != version:
        message = f"{where}: the newest section is not `## {version} (YYYY-MM-DD)`; date it"
        raise ReleaseError(message)
    if not _is_day(newest[2]):
        message = f"{where}: {newest[2]} is not a day; correct the date of {version}"
        raise ReleaseError(message)
    if not newest[3].strip():
        message = f"{where}: the section of {version} is empty; describe what changed"
        raise ReleaseError(message)
    return newest[3].strip() + "\n"


def _is_day(text: str) -> bool:
    with suppress(ValueError):
        return bool(date.fromisoformat(text))
    return False
