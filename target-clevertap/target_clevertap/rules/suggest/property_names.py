"""Turns the names of columns into names of properties that CleverTap accepts."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from target_clevertap._plugin.shown import BLANK_LETTERS
from target_clevertap.records.limits import (
    FORBIDDEN_IN_NAMES,
    FORBIDDEN_IN_PROFILE_NAMES,
    NAME_CHARACTERS,
)
from target_clevertap.records.names import USER_KEYS, folded

if TYPE_CHECKING:
    from collections.abc import Iterable


def accepted(name: str, *, of_profile: bool) -> str:
    """Return the nearest name that CleverTap accepts; empty where no character is left."""
    forbidden = FORBIDDEN_IN_PROFILE_NAMES if of_profile else FORBIDDEN_IN_NAMES
    kept = "".join(_accepted(each, forbidden) for each in name)
    kept = re.sub(r"\(\s*\)|\[\s*\]|\{\s*\}", " ", kept)
    return " ".join(kept.split())[:NAME_CHARACTERS].strip()


def _accepted(character: str, forbidden: frozenset[str]) -> str:
    if character in "'\"":
        return ""
    if character in forbidden or character.isspace():
        return " "
    if character in BLANK_LETTERS or unicodedata.category(character)[0] == "C":
        return ""
    return character


def distinct_names(
    columns: Iterable[str], taken: Iterable[str], *, of_profile: bool
) -> dict[str, str]:
    """Return a name for each column that CleverTap accepts and that no other column has.

    Args:
        columns: Their names.
        taken: Names that other columns have.
        of_profile: Profiles forbid more than events.

    Returns:
        From name to column.
    """
    used = {folded(name) for name in taken} | (USER_KEYS if of_profile else set())
    names: dict[str, str] = {}
    for number, column in enumerate(columns, 1):
        base = accepted(column, of_profile=of_profile) or f"column {number}"
        name, suffix = base, 2
        while folded(name) in used:
            name = f"{base[: NAME_CHARACTERS - 5]} {suffix}"
            suffix += 1
        used.add(folded(name))
        names[name] = column
    return names
