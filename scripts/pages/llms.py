"""llms.txt, the list of pages for language models, and llms-full.txt with all their text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scripts.pages.navigation import Section


def llms(front: str, listed: list[Section]) -> str:
    """Return llms.txt: the title and summary of the front page, and its lists as they are."""
    title, summary = front.split("\n## ", 1)[0].split("\n", 1)
    first = re.sub(r"^\s*", "", summary).split("\n\n", 1)[0]
    parts = [f"{title}\n\n> {' '.join(first.split())}\n"]
    for section in listed:
        lines = [
            f"- [{e.title}]({e.page}){': ' if e.about else ''}{e.about}" for e in section.entries
        ]
        parts.append(f"\n## {section.title}\n\n" + "\n".join(lines) + "\n")
    return "".join(parts)


def llms_full(listed: list[Section], texts: dict[str, str]) -> str:
    """Return llms-full.txt: the text of each page behind its place, in the navigation's order."""
    places = ["index.md", *(entry.page for section in listed for entry in section.entries)]
    return "\n".join(f"<!-- {place} -->\n\n{texts[place].strip()}\n" for place in places)
