"""The documents are plain English: no word of a private dialect, no endless sentence.

Only what is read as prose is checked: no code, no links' targets, and no table that a program
writes.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = (
    *("*.md", ".github/*.md", "docs/*.md", "docs/design/*.md", "*/README.md"),
    "examples/*/README.md",
)
DOCUMENTS = sorted(path for folder in FOLDERS for path in ROOT.glob(folder))
LONGEST_SENTENCE_WORDS = 35
LONGEST_LINE = 100

REFUSED = {
    r"stands|stood|standing": "is",
    r"lies|lay|lying": "is",
    r"mend(s|ed|ing)?": "fix",
    r"beside": "next to, in addition to",
    r"(?<!there )(is|are|was|were) no(?! longer)": "not a",
    r"said|says": "report, print, log",
    r"told|tells": "report, show",
    r"so (often|long|far as|many times)": "the number",
    r"in passing": "transient",
    r"doubt(s|ed|ful)?": "unknown",
    r"insist(s|ed)?": "replay",
    r"fates?": "status",
    r"thrown? away": "delete",
    r"takes? for": "treat as",
    r"taken for": "treated as",
    r"(an|the|its|whose|of) answers?": "response",
    r"in the midst|midst": "in the middle",
    r"so (many|much)": "the number",
    r"toward": "to",
    r"meanwhile": "until then",
    r"wish(es)?": "request",
    r"whatever else": "everything else",
    r"else's": "another",
    r"by itself|by themselves": "automatically",
    r"it is (that|what|how)": "name the subject",
    r"as it stands": "unchanged",
    r"with care": "tolerantly",
    r"strangers?": "unknown",
    r"alike": "the same way",
    r"hence|thereof|wherein|therein|whereby": "so, of it, in it",
}
"""Thirty patterns, each with the word to use instead."""


def prose_of(text):
    """Return the text that a person reads, with the number of each line."""
    text = re.sub(r"<!-- (.+?): begin -->.*?<!-- \1: end -->", _blank, text, flags=re.DOTALL)
    text = re.sub(r"^```.*?^```", _blank, text, flags=re.DOTALL | re.MULTILINE)
    text = re.sub(r"`[^`\n]+(\n[^`\n]+)?`", lambda found: "CODE" + _blank(found), text)
    text = re.sub(r"\]\([^)]*\)", "]", text)
    return text.splitlines()


def _blank(found):
    return "\n" * found[0].count("\n")


def blocks_of(lines):
    """Yield each paragraph, list item, heading and cell of a table, with its first line."""
    block, first = [], 0
    for number, line in enumerate([*lines, ""], start=1):
        begins = re.match(r"\s*([-*] |\d+\. |#|\||$)", line)
        if begins and block:
            yield first, " ".join(block)
            block = []
        if line.startswith("|"):
            yield from ((number, cell.strip()) for cell in line.split("|"))
        elif line.strip():
            first = first if block else number
            block.append(line.strip())


def sentences_of(block):
    return re.split(r"(?<=[.!?])[*_\")]*\s+(?=[\"“*_(\[]*[A-Z0-9`])|:$", block)


def faults_of(text):
    faults = []
    for number, block in blocks_of(prose_of(text)):
        for pattern, instead in REFUSED.items():
            found = re.finditer(rf"(?<![\w-])(?:{pattern})(?![\w-])", block, re.IGNORECASE)
            faults += [f"line {number}: {each[0]!r}, better: {instead}" for each in found]
        for sentence in sentences_of(block):
            words = len(re.findall(r"\w[\w'.,-]*", sentence))
            if words > LONGEST_SENTENCE_WORDS:
                faults.append(f"line {number}: {words} words: {sentence[:60]}…")
    return faults


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_document_is_plain_english(document):
    assert faults_of(document.read_text()) == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_lines_are_short_enough_to_review(document):
    text = document.read_text()
    lines = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE).splitlines()
    is_free = re.compile(r"\||!?\[|\s*(- )?\[?.*https?://")
    long = [line for line in lines if len(line) > LONGEST_LINE and not is_free.match(line)]
    assert long == []


def test_the_front_page_is_short():
    assert len((ROOT / "README.md").read_text().splitlines()) <= 120


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("The file lies in a folder.", "'lies'"),
        ("It is no error.", "'is no'"),
        ("The log says it.", "'says'"),
        (f"This sentence has {'very ' * 40}many words.", "45 words"),
        ("| cell | it stands there |", "'stands'"),
    ],
)
def test_the_check_finds(text, fault):
    assert fault in str(faults_of(text))


@pytest.mark.parametrize(
    "text",
    [
        "There is no sandbox, and it is no longer one.",
        "Run `it stands`.",
        "```\nThe file lies here.\n```\n",
        "[A link](says.md) and [another](lies.md).",
        "<!-- make x: begin -->\nstands\n<!-- make x: end -->",
    ],
)
def test_the_check_passes(text):
    assert faults_of(text) == []
