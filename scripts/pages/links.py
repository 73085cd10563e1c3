"""Links of a document, as they work in the site: to other pages, or to files on GitHub."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ITEM = r"(?:[-*+] +|\d+[.)] +)"
UNREAD = re.compile(
    rf"^[ \t>]*{ITEM}*(?P<fence>`{{3,}}|~{{3,}})[^`\n]*\n.*?^[ \t>]*(?P=fence)[`~]*[ \t]*$"
    r"|(?<!`)(?P<ticks>`+)(?!`)(?:(?!\n[ \t]*\n).)+?(?<!`)(?P=ticks)(?!`)"
    r"|<!--.*?-->",
    re.MULTILINE | re.DOTALL,
)
"""Code and comments, in which nothing is a link. Code in a line ends in its paragraph."""

PLAIN = r"[^()<>\s]+(?:\([^()<>\s]*\)[^()<>\s]*)*"
LINK = re.compile(
    r"(?P<before>(?:\]\(|^ {0,3}\[(?!\^)[^]\n]+\]:)\s*(?P<angle><)?|\b(?P<html>href|src|srcset)=\")"
    rf"(?P<link>(?(html)[^\"\n]+|(?(angle)[^<>\n]+|{PLAIN})))",
    re.MULTILINE,
)
"""A link in its place, or the definition of one, or an attribute of HTML."""

OTHER = re.compile(r"[a-z][a-z0-9+.-]*:|#|//", re.IGNORECASE)
PICTURES = (".svg", ".png")


@dataclass(frozen=True)
class Repository:
    """The files that links can lead to, and the address of the repository on GitHub."""

    root: Path
    places: dict[str, str]
    address: str
    """As in `https://github.com/OWNER/clevertap-singer`."""
    is_one_file: bool = False
    """Whether all pages are in one file of the site's upper folder."""

    def target(self, source: str, link: str) -> str:
        """Return a link of the document `source` as its page has it.

        Raises:
            ValueError: There is no such file in the repository.
        """
        file = self.file(source, link)
        if file is None:
            return link
        _, mark, heading = link.partition("#")
        if file.split("/")[0] in {"", ".."} or not (self.root / file).exists():
            message = f"{source}: the link {link} leads to no file; correct it"
            raise ValueError(message)
        return self._place(source, file) + mark + heading

    def file(self, source: str, link: str) -> str | None:
        """Return the file that a link leads to, as a path in the repository; None for others."""
        own = re.match(rf"{re.escape(self.address)}/(?:blob|tree)/main/", link)
        if OTHER.match(link) and own is None:
            return None
        path, _, _ = link[own.end() if own else 0 :].partition("#")
        folder = "" if own else posixpath.dirname(source)
        return posixpath.normpath(posixpath.join(folder, path))

    def on_github(self, file: str) -> str:
        """Return the address of a file or folder."""
        kind = "tree" if (self.root / file).is_dir() else "blob"
        return f"{self.address}/{kind}/main/{file}"

    def _place(self, source: str, file: str) -> str:
        place = picture_place(file) if file.endswith(PICTURES) else self.places.get(file)
        place = place or self.places.get(f"{file}/README.md")  # as GitHub shows a folder
        if place is None:
            return self.on_github(file)
        folder = "" if self.is_one_file else posixpath.dirname(self.places[source])
        return posixpath.relpath(place, folder or ".")


def picture_place(file: str) -> str:
    """Return where a picture of the repository is in the site."""
    return f"pictures/{file.removeprefix('docs/').removeprefix('pictures/').replace('/', '-')}"


def outside_code(text: str, change: Callable[[str], str]) -> str:
    """Return a text with everything changed that is neither code nor a comment."""
    parts, end = [], 0
    for code in UNREAD.finditer(text):
        parts += [change(text[end : code.start()]), code[0]]
        end = code.end()
    return "".join([*parts, change(text[end:])])


def linked(text: str, source: str, repository: Repository) -> str:
    """Return a document with each of its links as its page has it."""

    def with_target(found: re.Match[str]) -> str:
        return found["before"] + repository.target(source, found["link"])

    return outside_code(text, lambda part: LINK.sub(with_target, part))


def links(text: str) -> list[str]:
    """Return the links of a document as they are written."""
    return [found["link"] for found in LINK.finditer(UNREAD.sub("``", text))]


def pictures(text: str, source: str, repository: Repository) -> set[str]:
    """Return the pictures that a document shows or links to, as paths in the repository."""
    files = {repository.file(source, each) for each in links(text)}
    return {each for each in files if each is not None and each.endswith(PICTURES)}
