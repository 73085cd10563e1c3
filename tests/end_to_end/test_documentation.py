"""What the documents show is what the tests run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.partners.compatibility import DOCUMENT, is_kept, kept
from tests.partners.partner import entries

ROOT = Path(__file__).parents[2]
FOLDERS = (
    *("*.md", ".github/*.md", "docs/*.md", "docs/design/*.md", "*/README.md"),
    *("*/CHANGELOG.md", "examples/*/README.md"),
)
DOCUMENTS = [path for folder in FOLDERS for path in ROOT.glob(folder)]
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
FENCED = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
OWN = re.compile(r"https://github\.com/[^/]+/clevertap-singer/(?:blob|tree)/main/")


def headings_of(document):
    """Return the headings of a document as GitHub spells them in links."""
    headings = HEADING.findall(FENCED.sub("", document.read_text()))
    plain = [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings]
    return {f"{name}-{plain[:at].count(name)}".removesuffix("-0") for at, name in enumerate(plain)}


def broken(document, link):
    """Return whether a link leads to no file, or to no heading of it."""
    path, _, heading = link.partition("#")
    own = OWN.match(path)
    if path.startswith(("http:", "https:", "mailto:")) and own is None:
        return False
    file = ROOT / path[own.end() :] if own else document.parent / path if path else document
    if not file.exists():
        return True
    return bool(heading) and (file.suffix != ".md" or heading not in headings_of(file))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_of_a_document_lead_to_files_and_headings(document):
    links = LINK.findall(FENCED.sub("", document.read_text()))
    assert [each for each in links if broken(document, each)] == []


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("docs/guarantees.md", False),
        ("docs/guarantees.md#killed-again-and-again", False),
        ("#two-minutes", False),
        ("https://github.com/OWNER/clevertap-singer/blob/main/LICENSE", False),
        ("docs/missing.md", True),
        ("docs/guarantees.md#missing", True),
        ("#missing", True),
        ("https://github.com/OWNER/clevertap-singer/blob/main/missing", True),
    ],
)
def test_a_broken_link_is_found(link, expected):
    assert broken(ROOT / "README.md", link) is expected


def test_the_list_of_examples_has_each_folder():
    folder = ROOT / "examples"
    listed = re.findall(r"^\| \[([\w-]+)\]\(", (folder / "README.md").read_text(), re.MULTILINE)
    assert sorted(listed) == sorted(each.name for each in folder.iterdir() if each.is_dir())


def test_figures_on_the_front_page_are_those_of_the_tables():
    front = (ROOT / "README.md").read_text().split("## Measured", 1)[1].split("\n## ", 1)[0]
    tables = [(ROOT / "docs" / name).read_text() for name in ("benchmarks.md", "guarantees.md")]
    figures = re.findall(r"[\d,.]*\d(?: MB| rows/s| records/s| million|(?= arrived))", front)
    assert len(figures) > 5
    assert [each for each in figures if not any(each in table for table in tables)] == []


def test_the_recipes_speak_of_what_the_example_has_and_its_test_runs():
    text = (ROOT / "docs" / "recipes.md").read_text()
    example = (ROOT / "examples" / "recipes" / "meltano.yml").read_text()
    test = (ROOT / "tests" / "partners" / "test_running.py").read_text()
    names = set(re.findall(r"tap-clevertap--\w+|every-[\w-]+\w", text))
    assert names
    assert [name for name in names if name not in example] == []
    words = r"MELTANO_[A-Z0-9_]+|[A-Z_]+_SALT|prod:tap-[\w-]+|--[a-z]+-[a-z-]+"
    words_used = set(re.findall(words, text)) - names - {"--log-level", "MELTANO_PROJECT_ROOT"}
    assert words_used
    assert [word for word in words_used if word.rstrip(":") not in test] == []


@pytest.mark.parametrize("example", sorted(path.name for path in ROOT.glob("examples/*/")))
def test_every_example_is_run_by_a_test(example):
    tests = (ROOT / "tests").rglob("test_*.py")
    runs = (f'example("{example}"', f'"examples" / "{example}"')
    assert any(run in each.read_text() for each in tests for run in runs)


def test_the_page_of_partners_says_what_is_known_and_what_was_measured():
    assert is_kept(kept()), f"{DOCUMENT.name} is not of its data: make compatibility writes it"


def test_every_partner_that_is_installed_was_measured_in_cases_that_a_test_has():
    measured = kept()
    assert {each["name"] for each in entries() if "packages" in each} == measured.keys()
    tests = [path.read_text() for path in (ROOT / "tests" / "partners").rglob("test_*.py")]
    cases = {case for partner in measured.values() for case in partner["cases"]}
    assert [case for case in cases if not any(f'"{case}"' in text for text in tests)] == []
