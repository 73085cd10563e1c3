"""The name of a class means one thing in the whole repository."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = (
    "tap-clevertap/tap_clevertap",
    "target-clevertap/target_clevertap",
    "clevertap-emulator/clevertap_emulator",
)
COPIES = {"_http", "_plugin"}
"""Folders that are equal in both plugins; the emulator has a copy of one of their modules."""


def classes_of(package):
    for path in sorted((ROOT / package).rglob("*.py")):
        if COPIES.isdisjoint(path.parts) and not path.read_text().startswith("# Source: "):
            yield from (
                node.name
                for node in ast.parse(path.read_text()).body
                if isinstance(node, ast.ClassDef)
            )


def test_no_two_packages_have_a_class_of_the_same_name():
    by_package = [{*classes_of(package)} for package in PACKAGES]
    assert all(by_package)
    counts = Counter(name for names in by_package for name in names)
    assert [name for name, count in counts.items() if count > 1] == []
