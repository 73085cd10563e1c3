"""The navigation: the sections of the front page and the pages that each lists."""

from __future__ import annotations

import re
from dataclasses import dataclass

SECTION = re.compile(r"^## (.+)$", re.MULTILINE)
ENTRY = re.compile(
    r"^- \[(?P<title>[^]]+)\]\((?P<page>[^)]+\.md)\)(?:: (?P<about>.+?))?(?=\n(?!  )|\Z)",
    re.MULTILINE | re.DOTALL,
)
"""A page in a list; what it is about may go on in the next line."""


@dataclass(frozen=True)
class Entry:
    """A page in the navigation; `page` is relative to the front page."""

    title: str
    page: str
    about: str


@dataclass(frozen=True)
class Section:
    """A heading of the front page, and the pages listed under it."""

    title: str
    entries: list[Entry]


def sections(front: str) -> list[Section]:
    """Return the sections of the front page that list pages."""
    _, *parts = SECTION.split(front)
    pairs = zip(parts[::2], parts[1::2], strict=True)
    found = [
        Section(title, [_entry(each) for each in ENTRY.finditer(text)]) for title, text in pairs
    ]
    return [section for section in found if section.entries]


def _entry(found: re.Match[str]) -> Entry:
    return Entry(found["title"], found["page"], " ".join((found["about"] or "").split()))


def faults(listed: list[Section], pages: set[str]) -> list[str]:
    """Return what is wrong: pages that are not listed, listed twice, or that do not exist.

    Args:
        listed: The sections of the front page, as in the site.
        pages: The places of all other pages.
    """
    names = [entry.page for section in listed for entry in section.entries]
    return [
        *(
            f"{name}: it is not on the front page; add it to a list"
            for name in sorted(pages - {*names})
        ),
        *(f"{name}: there is no such page; remove it" for name in sorted({*names} - pages)),
        *(
            f"{name}: it is listed twice"
            for name in sorted({n for n in names if names.count(n) > 1})
        ),
    ]


def toctrees(listed: list[Section]) -> str:
    """Return the navigation as Sphinx reads it, to be put behind the front page."""
    return "".join(
        f"\n```{{toctree}}\n:hidden:\n:caption: {section.title}\n\n"
        + "".join(f"{each.title} <{each.page}>\n" for each in section.entries)
        + "```\n"
        for section in listed
    )
