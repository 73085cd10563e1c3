"""The map of the code names only files, classes and members that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = {
    "tap": ROOT / "tap-clevertap" / "tap_clevertap",
    "target": ROOT / "target-clevertap" / "target_clevertap",
    "emulator": ROOT / "clevertap-emulator" / "clevertap_emulator",
}
PAGES = [
    ROOT / "CONTRIBUTING.md",
    ROOT / "docs" / "architecture.md",
    *sorted((ROOT / "docs" / "design").glob("*.md")),
]
CODE = "\n".join(
    path.read_text() for package in PACKAGES.values() for path in sorted(package.rglob("*.py"))
)
MEMBER = re.compile(r"`([A-Z]\w+)(?:\.(_\w+))?`")
NAMED = re.compile(r"(?<![\w/.-])((?:\w+/)*\w+(?:\.py|/))(?![\w/-])")


def is_there(name):
    roots = [ROOT, *PACKAGES.values(), *(path.parent for path in PACKAGES.values())]
    below = [path for package in PACKAGES.values() for path in package.iterdir() if path.is_dir()]
    return any((folder / name).exists() for folder in (*roots, *below))


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_file_and_folder_that_a_page_names_is_there(page):
    assert [name for name in NAMED.findall(page.read_text()) if not is_there(name)] == []


def exists_in_the_code(cls, member):
    is_class = re.search(rf"^class {cls}\b", CODE, re.MULTILINE)
    return bool(is_class and (not member or re.search(rf"(self\.|def ){member}\b", CODE)))


def test_every_class_and_lock_of_the_map_exists():
    text = (ROOT / "docs" / "architecture.md").read_text()
    named = MEMBER.findall(text)
    assert len(named) > 8
    assert [name for name in named if not exists_in_the_code(*name)] == []


@pytest.mark.parametrize(
    ("cls", "member"), [("Ledger", "_nothing"), ("Nothing", ""), ("Nothing", "_lock")]
)
def test_a_class_or_lock_of_nothing_is_found(cls, member):
    assert not exists_in_the_code(cls, member)


def test_the_tables_name_enough():
    assert len(set(NAMED.findall((ROOT / "docs" / "architecture.md").read_text()))) > 50


@pytest.mark.parametrize("name", ["tap_clevertap/missing.py", "missing/", "exports/missing.py"])
def test_a_name_of_nothing_is_found(name):
    assert not is_there(name)
