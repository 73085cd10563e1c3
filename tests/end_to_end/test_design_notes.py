"""What the design notes list is what the code has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from singer_sdk import Stream, Tap, Target

from tap_clevertap.tap import TapCleverTap
from target_clevertap.target import TargetCleverTap

NOTES = Path(__file__).parents[2] / "docs" / "design"
TABLE_ROW = re.compile(r"^\| `(\w+)` \| (`.*?`) \|", re.MULTILINE)


PLUGINS = (TapCleverTap, TargetCleverTap)
"""Imported, they and their streams are subclasses of the SDK's classes."""


def descendants(base):
    for each in base.__subclasses__():
        yield each
        yield from descendants(each)


def is_of_the_sdk(name, owner):
    return any(
        name in vars(base) for base in owner.__mro__ if base.__module__.startswith("singer_sdk")
    )


def overridden(base, package):
    """Return the private methods of the SDK's that the classes of a package replace."""
    return {
        name
        for descendant in descendants(base)
        for owner in descendant.__mro__
        if owner.__module__.startswith(package)
        for name in vars(owner)
        if re.match(r"_(?!_|abc_impl)", name) and is_of_the_sdk(name, owner)
    }


def listed():
    """Return the private methods in the table, by the class that overrides them."""
    found = {}
    for owner, names in TABLE_ROW.findall((NOTES / "010-sdk-internals.md").read_text()):
        found.setdefault(owner, set()).update(re.findall(r"`(\w+)`", names))
    return found


@pytest.mark.parametrize(
    ("base", "package", "owners"),
    [
        (Tap, "tap_clevertap", ["TapCleverTap"]),
        (Target, "target_clevertap", ["TargetCleverTap"]),
        (
            Stream,
            "tap_clevertap",
            ["StreamWithoutDefaults", "CleverTapStream", "Events", "TypedEvents"],
        ),
    ],
)
def test_the_note_lists_every_private_method_of_the_sdk_that_is_overridden(base, package, owners):
    assert {each.__module__.split(".")[0] for each in PLUGINS} >= {package}
    found = listed()
    assert set().union(*(found[owner] for owner in owners)) == overridden(base, package)


def test_notes_are_numbered_from_1_and_titled_alike():
    notes = sorted(NOTES.glob("*.md"))
    assert [int(path.name[:3]) for path in notes] == list(range(1, len(notes) + 1))
    for path in notes:
        assert path.read_text().startswith(f"# {path.name[:3]}: ")
