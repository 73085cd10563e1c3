"""What several packages have is one source and its copies."""

from __future__ import annotations

import ast
import shutil
from pathlib import Path

import pytest

from scripts import vendor

ROOT = Path(__file__).parents[2]
SOURCES = sorted({source for source, _ in vendor.copies(ROOT)})
SHOWN, COPY = vendor.TAP / "_plugin" / "shown.py", vendor.TARGET / "_plugin" / "shown.py"


@pytest.fixture
def root(tmp_path):
    """Return the copies and their sources in a folder of their own."""
    for path in {path for pair in vendor.copies(ROOT) for path in pair}:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, tmp_path / path)
    return tmp_path


def test_all_copies_are_equal_to_their_sources():
    vendor.main(["--check"])  # else it exits with what is wrong
    assert vendor.faults(ROOT) == []


def test_a_changed_copy_is_found_and_written_anew(root):
    (root / COPY).write_text((root / COPY).read_text() + "\n")
    assert vendor.faults(root) == [f"{COPY}: it is not equal to {SHOWN}; run make vendor"]
    vendor.write(root)
    assert vendor.faults(root) == []


def test_a_changed_source_goes_into_every_copy(root):
    (root / SHOWN).write_text((root / SHOWN).read_text() + "\n# more\n")
    assert len(vendor.faults(root)) == 2
    vendor.write(root)
    for package in (vendor.TARGET / "_plugin", vendor.EMULATOR):
        assert (root / package / "shown.py").read_text().endswith("# more\n")


def test_a_missing_copy_and_one_without_a_source_are_found(root):
    (root / COPY).rename(root / COPY.with_name("extra.py"))
    assert len(vendor.faults(root)) == 2
    vendor.write(root)
    assert vendor.faults(root) == []
    assert not (root / COPY.with_name("extra.py")).exists()


def test_a_source_that_does_not_say_what_it_is_is_found(root):
    (root / SHOWN).write_text('"""Names."""\n')
    vendor.write(root)
    assert vendor.faults(root) == [
        f"{SHOWN}: its first line is wrong; make it {vendor.head_of(SHOWN).strip()!r}"
    ]


@pytest.mark.parametrize("source", SOURCES, ids=str)
def test_shared_modules_import_nothing_else_of_their_package(source):
    allowed = {1} if source.parent.name == "_plugin" else {1, 2}
    for node in ast.walk(ast.parse((ROOT / source).read_text())):
        names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.level:
            assert node.level in allowed, ast.unparse(node)
            assert node.level == 1 or (node.module or "").startswith("_plugin."), ast.unparse(node)
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        assert not [name for name in names if name.startswith(("tap_", "target_", "clevertap_"))]
