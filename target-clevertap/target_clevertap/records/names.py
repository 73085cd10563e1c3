"""Names of columns and properties: which are one for CleverTap, and which are not for sending."""

from __future__ import annotations

import re
from functools import lru_cache

SDC_COLUMN = re.compile(r"_+sdc_", re.IGNORECASE)
"""Columns that taps and loaders add by Singer's convention, in capitals in some warehouses and
with a second underscore in some loaders."""

SOURCE_COLUMN = re.compile(r"_smart_source_", re.IGNORECASE)
"""Columns that tap-spreadsheets-anywhere adds: bucket, file and line of a row."""

USER_KEYS = frozenset(("identity", "objectid", "fbid", "gpid"))
"""Folded names that CleverTap reads as a user's keys [D:upload-user-profiles-api]. In a profile's
data a key joins the user with whomever it belongs to [RUD]."""


@lru_cache(maxsize=10_000)
def folded(name: str) -> str:
    """Return what CleverTap compares names by: no case, no spaces [U:platform-considerations]."""
    return "".join(name.split()).casefold()


def is_never_sent(column: str) -> bool:
    """Tell whether a column is one of a loader (`_sdc_…`), which is read and never sent."""
    return SDC_COLUMN.match(column) is not None


def is_loader_column(column: str) -> bool:
    """Tell whether a tap or loader added a column: one that is sent only where a rule names it."""
    return is_never_sent(column) or SOURCE_COLUMN.match(column) is not None


def is_user_key(name: str) -> bool:
    """Tell whether a profile's property of this name would be a key of its user."""
    return folded(name) in USER_KEYS


class Spellings:
    """The names that a stream's properties were given, and those that meet another.

    CleverTap keeps one of two properties whose names are one for it, and loses the other.
    """

    def __init__(self) -> None:
        """Know no name yet."""
        self._by_folded: dict[str, list[tuple[str, str]]] = {}
        self.pairs: list[tuple[tuple[str, str], tuple[str, str]]] = []
        """Names that are one for CleverTap, each with its column before it."""

    def add(self, column: str, name: str) -> None:
        """Note a name that a column's values are sent under."""
        known = self._by_folded.setdefault(folded(name), [])
        if (column, name) not in known:
            self.pairs += [(other, (column, name)) for other in known]
            known.append((column, name))

    def of(self, folded_name: str) -> list[tuple[str, str]]:
        """Return the names that are one for CleverTap with a folded one, after their columns."""
        return self._by_folded.get(folded_name, [])
