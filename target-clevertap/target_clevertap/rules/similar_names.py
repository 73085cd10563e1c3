"""Suggests an existing name for one that does not exist, and describes how the two differ."""

from __future__ import annotations

import difflib
import unicodedata
from typing import TYPE_CHECKING

from target_clevertap._plugin.shown import BLANK_LETTERS, shown

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST_COMPARED = 500
"""Names that are compared for likeness: thousands would take seconds."""
MOST_LISTED = 12
MOST_DIFFERENCES = 3


def similar_name(name: str, existing: Iterable[str]) -> str | None:
    """Return the most similar name in backticks, with the differences that are hard to see.

    Args:
        name: A name that does not exist.
        existing: The names that exist.
    """
    found = _nearest(name, [*existing])
    if found is None:
        return None
    difference = _hidden_difference(name, found)
    return f"{shown(found)} ({difference})" if difference else shown(found)


def similar_or_listed(name: str, existing: Iterable[str]) -> str:
    """Return advice on a name that does not exist: `did you mean …?`, or the existing names."""
    present = [*existing]
    if similar := similar_name(name, present):
        return f"did you mean {similar}?"
    listed = ", ".join(map(shown, present[:MOST_LISTED])) or "none"
    more = len(present) - MOST_LISTED
    return f"there are {listed}{f' and {more} more' if more > 0 else ''}"


def _nearest(name: str, existing: list[str]) -> str | None:
    appearance = _appearance(name)
    for each in existing:
        if _appearance(each) == appearance:
            return each
    by_appearance = {_appearance(each): each for each in reversed(existing[:LONGEST_COMPARED])}
    near = difflib.get_close_matches(appearance, by_appearance, n=1)
    return by_appearance[near[0]] if near else None


def _appearance(name: str) -> str:
    """Return a name without case, invisible characters and variants of letters."""
    kept = (each for each in unicodedata.normalize("NFKC", name) if not _is_invisible(each))
    return " ".join("".join(kept).split()).casefold()


def _is_invisible(character: str) -> bool:
    return character in BLANK_LETTERS or (not character.isprintable() and not character.isspace())


def _hidden_difference(name: str, existing: str) -> str | None:
    """Return in words how an existing name differs, where that is hard to see."""
    parts = [f"with {each}" for each in _hidden_only_in(existing, name)]
    parts += [f"without {each}" for each in _hidden_only_in(name, existing)]
    parts = parts or [f"with {each}" for each in _spaces_only_in(existing, name)]
    parts = parts or [f"without {each}" for each in _spaces_only_in(name, existing)]
    if parts:
        return " and ".join(parts)
    is_same_but_spaces = (
        _appearance(name) == _appearance(existing) and name.casefold() != existing.casefold()
    )
    return "with other spaces" if is_same_but_spaces else None


def _hidden_only_in(one: str, other: str) -> list[str]:
    hidden = [each for each in dict.fromkeys(one) if each not in other and _is_hidden(each)]
    return [_named(each) for each in hidden[:MOST_DIFFERENCES]]


def _spaces_only_in(one: str, other: str) -> list[str]:
    ends = ((one[:1], other[:1], "start"), (one[-1:], other[-1:], "end"))
    return [
        f"a space at its {where}"
        for mine, others, where in ends
        if mine.isspace() and not others.isspace()
    ]


def _is_hidden(character: str) -> bool:
    return not character.isascii() or not character.isprintable()


def _named(character: str) -> str:
    code = f"U+{ord(character):04X}"
    name = unicodedata.name(character, "")
    return f"{code} {name}" if name else code
