"""Pages for maintainers, and the front page."""

from __future__ import annotations

import re
import shutil

import pytest

from tests.support.page_reader import Reader
from tests.support.pages import ROOT, block, blocks, documents

COMPARED = re.compile(r"->>? *'[^']*' *(?:[=<>!]|(?:and|or|is|in|like)\b)", re.IGNORECASE)
"""Finds a member of JSON that is compared without parentheses around it."""


def test_the_files_for_the_hub_are_copied(tmp_path):
    fork = tmp_path / "hub"
    (fork / "_data").mkdir(parents=True)
    (tmp_path / "clevertap-singer").symlink_to(ROOT)
    with Reader(fork) as reader:
        reader.run("hub/README.md", "The pull request")
    copied = {path.relative_to(fork / "_data") for path in fork.rglob("_data/meltano/**/*.yml")}
    there = ROOT / "hub" / "_data"
    assert copied == {path.relative_to(there) for path in there.rglob("meltano/**/*.yml")}
    assert (fork / "static").is_dir()


def test_the_owner_is_replaced_by_the_command_of_the_page(tmp_path):
    copy = tmp_path / "clevertap-singer"
    tracked = shutil.ignore_patterns(".venv", "output", ".meltano", "*.sqlite", "__pycache__")
    shutil.copytree(ROOT, copy, ignore=tracked)
    with Reader(copy, PYTHON="python3") as reader:
        reader.run("hub/README.md", "The owner of the repository")
    assert (copy / "hub" / "OWNER").read_text().strip() == "acme"


@pytest.mark.parametrize("page", documents())
def test_sql_does_not_depend_on_the_precedence_of_arrows(page):
    found = [each for each in blocks(page) if each.language == "sql" and COMPARED.search(each.text)]
    assert found == [], "DuckDB 1 reads `a and b ->> 'c' = d` as `(a and b) ->> ('c' = d)`"


def test_the_front_page_shows_what_the_demo_prints():
    shown = block("README.md", "Two minutes", "")
    demo = (ROOT / "demo" / "run.py").read_text()
    for command in re.findall(r"^\$ meltano (.*)$", shown, re.MULTILINE):
        assert ", ".join(f'"{word}"' for word in command.split()) in demo
    for title in ("in CleverTap", "in the warehouse", "tier and value in CleverTap", "equal"):
        assert title in demo
        assert title in shown
