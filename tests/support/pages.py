"""What the documents show: their fenced blocks, each with its heading and its language.

A test that calls `block`, `documented`, `every` or a `Reader` with the page, the heading and the
language as literals claims the block: tests/documents/test_every_block.py finds the call.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
README = "tap-clevertap/README.md"
FOLDERS = ("*.md", ".github/*.md", "docs/**/*.md", "*/README.md", "examples/**/*.md")
FENCE = re.compile(r"( *)(`{3,})\s*([^\s`]*)[^`]*")
HEADING = re.compile(r"#{1,6} +(.+?)\s*")


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    page: str
    """From the root of the repository."""

    heading: str
    language: str
    """As the fence has it, or empty."""

    number: int
    """From 1, among the blocks of this language under headings of this name."""

    line: int
    text: str

    def __str__(self) -> str:
        """Return where it is, as a test's id."""
        return f"{self.page}:{self.line}"


def documents() -> list[str]:
    """Return the paths of all pages, without what is generated."""
    found = {path.relative_to(ROOT) for folder in FOLDERS for path in ROOT.glob(folder)}
    hidden = re.compile(r"(^|/)(_|\.(?!github)|node_modules|build/)")
    return sorted(str(path) for path in found if not hidden.search(str(path)))


@cache
def blocks(page: str) -> tuple[Block, ...]:
    """Return the blocks of a page in their order."""
    found: list[Block] = []
    counts: Counter[tuple[str, str]] = Counter()
    heading, fence, lines, first = "", None, [], 0
    for number, line in enumerate((ROOT / page).read_text().splitlines(), start=1):
        mark = FENCE.fullmatch(line)
        if fence is None:
            title = HEADING.fullmatch(line)
            heading = title[1] if title else heading
            if mark:
                fence, lines, first = mark, [], number
        elif mark and len(mark[2]) >= len(fence[2]) and not mark[3]:
            counts[heading, fence[3]] += 1
            text = textwrap.dedent("".join(f"{each}\n" for each in lines))
            of_kind = counts[heading, fence[3]]
            found.append(Block(page, heading, fence[3], of_kind, first, text))
            fence = None
        else:
            lines.append(line)
    assert fence is None, f"{page}:{first}: the block does not end"
    return tuple(found)


def block(page: str, heading: str, language: str, number: int = 1) -> str:
    """Return the text of a block."""
    place = (heading, language, number)
    found = [each for each in blocks(page) if (each.heading, each.language, each.number) == place]
    assert found, f"{page} has no block {number} of `{language}` under `{heading}`"
    return found[0].text


def every(page: str, language: str) -> list[Block]:
    """Return all blocks of a language in a page, of which each must be run."""
    found = [each for each in blocks(page) if each.language == language]
    assert found, f"{page} has no block of `{language}`"
    return found


def documented(page: str, heading: str, language: str = "yaml", number: int = 1) -> dict[str, Any]:
    """Return the settings of a block that has only `config`, as Meltano hands them on."""
    content = yaml.safe_load(block(page, heading, language, number))
    assert content.keys() == {"config"}
    settings: dict[str, Any] = json.loads(json.dumps(content["config"], default=str))  # dates
    return settings


def section(page: str, heading: str) -> str:
    """Return what is under a heading of a page."""
    text = (ROOT / page).read_text()
    (_, found) = re.split(rf"^#+ {re.escape(heading)}\n", text, flags=re.MULTILINE)
    return re.split(r"^#+ ", found, maxsplit=1, flags=re.MULTILINE)[0]


def lines_of(text: str) -> list[str]:
    """Return the lines of a section that a person reads."""
    return [line for line in text.splitlines() if line and not line.startswith("```")]
