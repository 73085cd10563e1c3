"""What the rows of a file have in common: the names of their members."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tap_clevertap.files.formats.json_rows import NOT_OF_USER, PROPS, SESSIONS
from tap_clevertap.records.events import KEYS_OF_USER

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_clevertap.records.rows import Record

IDENTITIES = "all_identities"
TEXTS = frozenset(("objectId", "identity", "name", "email", "phone", "platform"))
FIELDS = frozenset(KEYS_OF_USER)
MOST_NAMES = 40
"""Of each kind. More than these properties are decoded to a dict; a user with more names is none of
the usual ones."""


class Names(NamedTuple):
    """Names of members, in the order in which they were seen."""

    user: tuple[str, ...]
    """In the profile block, those without a field of their own."""
    device: tuple[str, ...]
    row: tuple[str, ...]
    """Next to the blocks."""
    props: tuple[str, ...]
    loose: tuple[str, ...]
    """In the profile block, those whose values are not always text, or a list of text."""
    spellings: tuple[str, ...]
    """Of the blocks of properties."""


class SeenNames:
    """Collects the names in rows."""

    def __init__(self) -> None:
        self._seen: tuple[dict[str, None], ...] = tuple({} for _ in Names._fields)

    @property
    def names(self) -> Names:
        """All that were seen."""
        return Names(*map(tuple, self._seen))

    def add(self, rows: Iterable[Record]) -> bool:
        """Add the names in some rows, and return whether one is new."""
        before = sum(map(len, self._seen))
        for row in rows:
            for seen, names in zip(self._seen, _names_in(row), strict=True):
                if len(seen) <= MOST_NAMES:
                    seen.update(dict.fromkeys(names))
        return sum(map(len, self._seen)) > before


def _names_in(row: Record) -> Names:
    profile = _block(row, "profile")
    return Names(
        user=tuple(name for name in profile if name not in FIELDS),
        device=tuple(_block(row, "deviceInfo")),
        row=tuple(name for name in row if name not in NOT_OF_USER),
        props=tuple(name for block in PROPS for name in _block(row, block)),
        loose=tuple(name for name, value in profile.items() if _is_loose(name, value)),
        spellings=tuple(name for name in (*PROPS, *SESSIONS) if name in row),
    )


def _block(row: Record, name: str) -> Record:
    block = row.get(name)
    return block if isinstance(block, dict) else {}


def _is_loose(name: str, value: Any) -> bool:  # noqa: ANN401 - any JSON value
    if name == "profileData":
        return not isinstance(value, dict | None)
    if name == IDENTITIES:
        texts = value if isinstance(value, list) else [value]
        return not isinstance(value, list | None) or not all(map(_is_text, texts))
    return name in TEXTS and not _is_text(value)


def _is_text(value: object) -> bool:
    return isinstance(value, str | None)
