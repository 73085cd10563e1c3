"""What the rows of a file have in common: the names of their members."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from tap_clevertap.files.columns import ALL_IDENTITIES
from tap_clevertap.files.formats.json_rows import NOT_OF_USER, PROPS, SESSIONS
from tap_clevertap.records.events import KEYS_OF_USER

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tap_clevertap.records.rows import Record

TEXTS = frozenset(("objectId", "identity", "name", "email", "phone", "platform"))
PROFILE_DATA = "profileData"
CONVERTED = (*sorted(TEXTS), ALL_IDENTITIES, PROFILE_DATA)
FIELDS = frozenset(KEYS_OF_USER)
TEXT = frozenset((str, type(None)))
MOST_NAMES = 40
"""Of each kind. More than these properties are decoded to a dict; a user with more names is none of
the usual ones."""


class NamesOfRows(NamedTuple):
    """Names of members: those of blocks as first seen, others sorted."""

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
        self._seen: tuple[dict[str, None], ...] = tuple({} for _ in NamesOfRows._fields)

    @property
    def names(self) -> NamesOfRows:
        """All that were seen."""
        user, device, *others = self._seen
        return NamesOfRows(tuple(user), tuple(device), *(tuple(sorted(each)) for each in others))

    def add(self, rows: Sequence[Record]) -> bool:
        """Add the names in some rows, and return whether one is new."""
        before = sum(map(len, self._seen))
        for seen, names in zip(self._seen, _names_in(rows), strict=True):
            if len(seen) <= MOST_NAMES:
                seen.update(dict.fromkeys(names))
        return sum(map(len, self._seen)) > before


def _names_in(rows: Sequence[Record]) -> NamesOfRows:
    profiles, devices = _blocks(rows, "profile"), _blocks(rows, "deviceInfo")
    row = _unique(rows)
    return NamesOfRows(
        user=tuple(name for name in _unique(profiles) if name not in FIELDS),
        device=tuple(_unique(devices)),
        row=tuple(name for name in row if name not in NOT_OF_USER),
        props=tuple(name for each in PROPS for name in _unique(_blocks(rows, each))),
        loose=tuple(name for name in CONVERTED if _is_loose(name, profiles)),
        spellings=tuple(name for name in (*PROPS, *SESSIONS) if name in row),
    )


def _unique(blocks: Iterable[Record]) -> dict[str, None]:
    return dict.fromkeys(chain.from_iterable(blocks))


def _blocks(rows: Sequence[Record], name: str) -> list[Record]:
    return [block for row in rows if isinstance(block := row.get(name), dict)]


def _is_loose(name: str, profiles: Sequence[Record]) -> bool:
    values = [value for profile in profiles if (value := profile.get(name)) is not None]
    if name == ALL_IDENTITIES:
        lists = [value for value in values if isinstance(value, list)]
        return len(lists) < len(values) or not {*map(type, chain.from_iterable(lists))} <= TEXT
    return not {*map(type, values)} <= {dict if name == PROFILE_DATA else str}
