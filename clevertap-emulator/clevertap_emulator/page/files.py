"""The page's files, read from the installed package."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from importlib.abc import Traversable

INDEX = "index.html"
TYPES = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
"""What is served, by the end of the name; licences, for one, are not."""


class PageFile(NamedTuple):
    """A file and its media type."""

    content: bytes
    type: str


@cache
def page_files() -> dict[str, PageFile]:
    """Return the page's files by their path."""
    return dict(_read(files(__package__).joinpath("static"), ""))


def _read(folder: Traversable, path: str) -> list[tuple[str, PageFile]]:
    found: list[tuple[str, PageFile]] = []
    for each in folder.iterdir():
        kind = TYPES.get(each.name.rpartition(".")[2])
        if each.is_dir():
            found += _read(each, f"{path}{each.name}/")
        elif kind is not None:
            found.append((path + each.name, PageFile(each.read_bytes(), kind)))
    return found
