# Source: tap-clevertap/tap_clevertap/_plugin/suggestions.py; copies: `make vendor`
"""Which name was probably meant by one that does not exist."""

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
    """Return `did you mean …?` with up to three names that are alike, or nothing.

    Names that differ only in case, in spaces or in characters that nobody sees come first:
    CleverTap takes such names for one when it is sent events, yet reads them exactly. [ING]
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
    """Return a name without its case, its spaces and what nobody sees; empty for a blank one."""
    return "".join(each for each in name.casefold() if each.isprintable() and each not in BLANKS)
