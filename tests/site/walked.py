"""The HTML of the site that `make docs` built, walked."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

from typing_extensions import override

ROOT = Path(__file__).parents[2]
SITE = ROOT / "build" / "docs" / "html"
WRITTEN_BY_SPHINX = {"search"}
LOADING = {"href": {"link"}, "src": {"script", "img", "iframe", "source", "video"}}
"""Attributes that make a browser load something, and the elements that have them."""


@dataclass
class Page(HTMLParser):
    """A page: the ids in it, where it leads, what it loads, and its pictures."""

    ids: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)
    alts: list[str | None] = field(default_factory=list)
    navigation: list[str] = field(default_factory=list)

    def __post_init__(self):
        super().__init__()

    @override
    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.ids |= {found["id"]} if found.get("id") else set()
        if tag == "a" and "href" in found:
            in_tree = "reference internal" in (found.get("class") or "")
            (self.navigation if in_tree else self.links).append(found["href"])
            self.links += [found["href"]] if in_tree else []
        if tag == "img":
            self.alts.append(found.get("alt"))
        self.loaded += [
            found[name] for name, tags in LOADING.items() if tag in tags and name in found
        ]


@cache
def page(path: Path) -> Page:
    read = Page()
    read.feed(path.read_text(encoding="utf-8"))
    return read


def pages() -> dict[str, Page]:
    """Return all pages by their place, without its suffix."""
    found = {
        path.relative_to(SITE).with_suffix("").as_posix(): path for path in SITE.rglob("*.html")
    }
    return {place: page(path) for place, path in found.items() if place not in WRITTEN_BY_SPHINX}
