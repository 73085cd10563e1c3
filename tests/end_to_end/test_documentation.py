"""What the documents show is what the tests run."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest

from tests.partners.compatibility import DOCUMENT, is_kept, kept
from tests.partners.partner import entries

ROOT = Path(__file__).parents[2]
DOCUMENTS = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("*/README.md")]
YAML_BLOCK = re.compile(r"^```yaml\n(.*?)^```", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")
COPIED = re.compile(r"# (examples/\S+)\n")


BLOCKS = [
    pytest.param(document, block, id=f"{document.relative_to(ROOT)}-{number}")
    for document in sorted(DOCUMENTS)
    for number, block in enumerate(YAML_BLOCK.findall(document.read_text()))
]


@pytest.mark.parametrize(("document", "block"), BLOCKS)
def test_a_block_with_a_files_name_is_an_excerpt_of_that_file(document, block):
    copied = COPIED.match(block)
    if copied is None:
        assert document not in {ROOT / "README.md", ROOT / "docs" / "recipes.md"}
        return
    lines = textwrap.dedent(block[copied.end() :]).splitlines()
    file = (ROOT / copied[1]).read_text().splitlines()
    starts = range(len(file) - len(lines) + 1)
    excerpts = (file[start : start + len(lines)] for start in starts)
    assert any(textwrap.dedent("\n".join(each)).splitlines() == lines for each in excerpts)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_document_links_to_is_there(document):
    links = LINK.findall(document.read_text())
    assert [each for each in links if not (document.parent / each).exists()] == []


def test_the_recipes_speak_of_what_the_example_has_and_its_test_runs():
    text = (ROOT / "docs" / "recipes.md").read_text()
    example = (ROOT / "examples" / "recipes" / "meltano.yml").read_text()
    test = (ROOT / "tests" / "partners" / "test_running.py").read_text()
    names = set(re.findall(r"tap-clevertap--\w+|every-[\w-]+\w", text))
    assert names
    assert [name for name in names if name not in example] == []
    words = r"MELTANO_[A-Z0-9_]+|[A-Z_]+_SALT|prod:tap-[\w-]+|--[a-z]+-[a-z-]+"
    said = set(re.findall(words, text)) - names - {"--log-level", "MELTANO_PROJECT_ROOT"}
    assert said
    assert [word for word in said if word.rstrip(":") not in test] == []


@pytest.mark.parametrize("example", sorted(path.name for path in ROOT.glob("examples/*/")))
def test_every_example_is_run_by_a_test(example):
    tests = (ROOT / "tests" / "partners").glob("test_*.py")
    assert any(f'example("{example}"' in each.read_text() for each in tests)


def test_the_page_of_partners_says_what_is_known_and_what_was_measured():
    assert is_kept(kept()), f"{DOCUMENT.name} is not of its data: make compatibility writes it"


def test_every_partner_that_is_installed_was_measured_in_cases_that_a_test_has():
    measured = kept()
    assert {each["name"] for each in entries() if "packages" in each} == measured.keys()
    tests = [path.read_text() for path in (ROOT / "tests" / "partners").glob("test_*.py")]
    cases = {case for partner in measured.values() for case in partner["cases"]}
    assert [case for case in cases if not any(f'"{case}"' in text for text in tests)] == []
