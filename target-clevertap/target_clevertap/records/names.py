"""Names of columns and properties: which are equal for CleverTap, and which are never sent."""

from __future__ import annotations

import re
from functools import lru_cache

SDC_COLUMN = re.compile(r"_+sdc_", re.IGNORECASE)
"""Columns that taps and loaders add by Singer's convention. Some warehouses write them in capitals,
some loaders with a second underscore."""

SOURCE_COLUMN = re.compile(r"_smart_source_", re.IGNORECASE)
"""Columns of tap-spreadsheets-anywhere: the bucket, file and line of a row."""

USER_KEYS = frozenset(("identity", "objectid", "fbid", "gpid"))
"""Folded names that CleverTap reads as user keys [D:upload-user-profiles-api]. In the data of a
profile, a key joins the user with the owner of the key [RUD]."""


@lru_cache(maxsize=10_000)
def folded(name: str) -> str:
    """Return a name as CleverTap compares it: no case, no spaces [U:platform-considerations]."""
    return "".join(name.split()).casefold()


def is_never_sent(column: str) -> bool:
    """Whether a column is a loader's (`_sdc_…`), which is never sent."""
    return SDC_COLUMN.match(column) is not None


def is_loader_column(column: str) -> bool:
    """Whether a tap or loader added a column: it is sent only where a rule names it."""
    return is_never_sent(column) or SOURCE_COLUMN.match(column) is not None


def is_user_key(name: str) -> bool:
    """Whether CleverTap reads a property of a profile as a key of its user."""
    return folded(name) in USER_KEYS


class Spellings:
    """Collects the names of a stream's properties, and finds those that are equal for CleverTap.

    Of two properties with equal names, CleverTap keeps one and loses the other.
    """

    def __init__(self) -> None:
        self._by_folded: dict[str, list[tuple[str, str]]] = {}
        self.pairs: list[tuple[tuple[str, str], tuple[str, str]]] = []
        """Pairs of equal names, each as (column, name)."""

    def add(self, column: str, name: str) -> None:
        """Add the name that a column is sent under."""
        known = self._by_folded.setdefault(folded(name), [])
        if (column, name) not in known:
            self.pairs += [(other, (column, name)) for other in known]
            known.append((column, name))

    def of(self, folded_name: str) -> list[tuple[str, str]]:
        """Return the names that are equal to a folded one, each as (column, name)."""
        return self._by_folded.get(folded_name, [])
