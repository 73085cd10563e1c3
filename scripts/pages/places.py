"""Which documents of the repository are pages of the site, and where they are there."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

FRONT = "docs/index.md"
"""The front page: its sections are the navigation."""

FOLDERS = {
    "docs/*.md": "{stem}.md",
    "docs/design/*.md": "design/{stem}.md",
    "examples/README.md": "{folder}.md",
    "examples/*/README.md": "examples/{folder}.md",
    "*-clevertap/README.md": "{folder}.md",
    "clevertap-emulator/README.md": "{folder}.md",
    "*/CHANGELOG.md": "changelog-{folder}.md",
    "findings/README.md": "findings.md",
    "hub/README.md": "hub.md",
    "verification/README.md": "verification.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "RELEASING.md": "releasing.md",
    "SECURITY.md": "security.md",
}
"""Patterns of documents, and the place of each in the site."""


def places(root: Path) -> dict[str, str]:
    """Return the place of each page, by its path in the repository.

    Raises:
        ValueError: Two documents have one place.
    """
    found: dict[str, str] = {}
    for pattern, place in FOLDERS.items():
        for path in sorted(root.glob(pattern)):
            found[path.relative_to(root).as_posix()] = place.format(
                stem=path.stem, folder=path.parent.name
            )
    taken = sorted(found.values())
    twice = {place for place, after in itertools.pairwise(taken) if place == after}
    if twice:
        message = f"{', '.join(sorted(twice))}: two documents have this place; rename one"
        raise ValueError(message)
    return found
