# Source: tap-clevertap/tap_clevertap/_plugin/suggestions.py; copies: `make vendor`
"""Suggestions for a name that does not exist."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from .shown import BLANK_LETTERS, shown

if TYPE_CHECKING:
    from collections.abc import Collection

MOST_NEAREST = 3
LEAST_ALIKE = 0.6
BLANKS = BLANK_LETTERS | {" ", "_", "-"}


def nearest(name: str, known: Collection[str]) -> str:
    """Return `did you mean …?` with up to three similar names, or empty text.

    Names that differ only in case, spaces or invisible characters come first: CleverTap treats them
    as one name in uploads, but not in exports. [ING]
    """
    by_fold: dict[str, list[str]] = {}
    for candidate in known:
        by_fold.setdefault(folded(candidate), []).append(candidate)
    wanted = folded(name)
    close = [wanted] if wanted in by_fold else []
    close = close or difflib.get_close_matches(wanted, by_fold, n=MOST_NEAREST, cutoff=LEAST_ALIKE)
    meant = [each for fold in close for each in by_fold[fold]][:MOST_NEAREST]
    return f"did you mean {' or '.join(map(shown, meant))}?" if meant else ""


def folded(name: str) -> str:
    """Return a name without case, spaces and invisible characters; empty for a blank name."""
    return "".join(each for each in name.casefold() if each.isprintable() and each not in BLANKS)
