"""All pages as the site has them, read from the repository."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from scripts.pages import llms, navigation, themes
from scripts.pages.links import Repository, linked, picture_place, pictures
from scripts.pages.places import FRONT, places

if TYPE_CHECKING:
    from pathlib import Path

NAME = "clevertap-singer"


@dataclass(frozen=True)
class Content:
    """Everything that the site is made of, by its place there."""

    sources: dict[str, str]
    """Pages for Sphinx."""
    texts: dict[str, str]
    """Pages as Markdown to be read, and the two files for language models."""
    pictures: dict[str, bytes]


def read(root: Path) -> Content:
    """Return the content of the site.

    Raises:
        ValueError: A link leads nowhere, or the front page lacks a page.
    """
    where = places(root)
    repository = Repository(root, where, address(root))
    raw = {path: (root / path).read_text(encoding="utf-8") for path in where}
    pages = {where[path]: linked(text, path, repository) for path, text in raw.items()}
    front = where[FRONT]
    listed = navigation.sections(pages[front])
    if faults := navigation.faults(listed, pages.keys() - {front}):
        raise ValueError("\n".join(faults))
    sources = {place: themes.switched(text) for place, text in pages.items()}
    sources[front] += navigation.toctrees(listed)
    texts = {place: themes.plain(text) for place, text in pages.items()}
    flat = replace(repository, is_one_file=True)
    together = {where[path]: themes.plain(linked(text, path, flat)) for path, text in raw.items()}
    texts["llms.txt"] = llms.llms(pages[front], listed)
    texts["llms-full.txt"] = llms.llms_full(listed, together)
    return Content(sources, texts, _drawn(raw, repository))


def address(root: Path) -> str:
    """Return the address of the repository on GitHub."""
    owner = (root / "hub" / "OWNER").read_text(encoding="utf-8").strip()
    return f"https://github.com/{owner}/{NAME}"


def _drawn(raw: dict[str, str], repository: Repository) -> dict[str, bytes]:
    """Return the pictures of all documents, in each form that the site has.

    Raises:
        ValueError: Two pictures have one place.
    """
    shown = {each for path, text in raw.items() for each in pictures(text, path, repository)}
    drawn: dict[str, bytes] = {}
    for each in sorted(shown):
        forms = themes.both_forms(picture_place(each), (repository.root / each).read_bytes())
        if twice := sorted(drawn.keys() & forms):
            message = f"{each}: another picture has the place {twice[0]} too; rename one"
            raise ValueError(message)
        drawn |= forms
    return drawn
