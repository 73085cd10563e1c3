"""What somebody may have meant by a name that is not there, and how the two differ."""

from __future__ import annotations

import difflib
import unicodedata
from typing import TYPE_CHECKING

from target_clevertap._plugin.shown import BLANK_LETTERS, shown

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST_COMPARED = 500
"""Names compared by their looks: to compare thousands would take seconds."""
MOST_LISTED = 12
DIFFERENCES_SAID = 3


def suggestion(name: str, there: Iterable[str]) -> str | None:
    """Return the name that was likely meant, shown, with what the eye does not see.

    Args:
        name: That is not there.
        there: The names that are.
    """
    found = _nearest(name, [*there])
    if found is None:
        return None
    difference = _hidden_difference(name, found)
    return f"{shown(found)} ({difference})" if difference else shown(found)


def meant_or_listed(name: str, there: Iterable[str]) -> str:
    """Return advice on a name that is not there: `did you mean …?`, else those that are."""
    present = [*there]
    if meant := suggestion(name, present):
        return f"did you mean {meant}?"
    listed = ", ".join(map(shown, present[:MOST_LISTED])) or "none"
    more = len(present) - MOST_LISTED
    return f"there are {listed}{f' and {more} more' if more > 0 else ''}"


def _nearest(name: str, there: list[str]) -> str | None:
    looks = _looks(name)
    for each in there:
        if _looks(each) == looks:
            return each
    by_looks = {_looks(each): each for each in reversed(there[:LONGEST_COMPARED])}
    near = difflib.get_close_matches(looks, by_looks, n=1)
    return by_looks[near[0]] if near else None


def _looks(name: str) -> str:
    """Return a name as the eye compares it: no case, nothing invisible, one form of a letter."""
    kept = (each for each in unicodedata.normalize("NFKC", name) if not _is_invisible(each))
    return " ".join("".join(kept).split()).casefold()


def _is_invisible(character: str) -> bool:
    return character in BLANK_LETTERS or (not character.isprintable() and not character.isspace())


def _hidden_difference(name: str, there: str) -> str | None:
    """Return in words how a name that is there differs where that is hard to see."""
    parts = [f"with {each}" for each in _hidden_only_in(there, name)]
    parts += [f"without {each}" for each in _hidden_only_in(name, there)]
    parts = parts or [f"with {each}" for each in _spaces_only_in(there, name)]
    parts = parts or [f"without {each}" for each in _spaces_only_in(name, there)]
    if parts:
        return " and ".join(parts)
    is_same_but_spaces = _looks(name) == _looks(there) and name.casefold() != there.casefold()
    return "with other spaces" if is_same_but_spaces else None


def _hidden_only_in(one: str, other: str) -> list[str]:
    hidden = [each for each in dict.fromkeys(one) if each not in other and _is_hidden(each)]
    return [_named(each) for each in hidden[:DIFFERENCES_SAID]]


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
