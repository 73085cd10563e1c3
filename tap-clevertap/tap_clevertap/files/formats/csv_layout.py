"""Which cell of a CSV row belongs where."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any

from tap_clevertap._plugin.shown import shown
from tap_clevertap.files.columns import (
    ADVICE,
    ALL_IDENTITIES,
    DEVICE,
    DIMENSIONS,
    EVENT_NAME,
    PROFILE,
    PROPERTIES,
    SESSION,
    TIME,
    check_distinct,
    path_of,
)
from tap_clevertap.files.errors import UnreadFileError
from tap_clevertap.files.event_columns import TextEvent
from tap_clevertap.files.listed_texts import listed
from tap_clevertap.files.users import encode_file_user
from tap_clevertap.records.blocks import KnownBlocks, encode_session
from tap_clevertap.records.encoder import SESSION_BYTES, USER_BYTES
from tap_clevertap.records.errors import BadRowError
from tap_clevertap.records.exact_json import encode_json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tap_clevertap.files.columns import Path
    from tap_clevertap.records.blocks import Encoded
    from tap_clevertap.records.rows import Record

BETWEEN = "\0"
"""Between the cells of a user; no row has one."""
OF_USER = ((PROFILE,), (DEVICE,), (DEVICE, DIMENSIONS), ())
"""The blocks that are about a user; the last has `controlGroupName`."""


class _Block:
    """Some cells of each row, and what each is called."""

    def __init__(self, columns: Sequence[tuple[int, Any]]) -> None:
        places, names = zip(*columns, strict=True) if columns else ((), ())
        self.names: Sequence[Any] = names
        part = slice(places[0], places[0] + 1) if places else slice(0)
        get: Any = itemgetter(*places) if len(places) > 1 else itemgetter(part)
        self.cells: Callable[[list[str]], Sequence[str]] = get

    def values(self, row: list[str]) -> Record:
        """Return the cells that are not empty; an empty one is no value."""
        return {name: cell for name, cell in zip(self.names, self.cells(row), strict=True) if cell}


class ProfileLayout:
    """Takes rows of profiles apart.

    Args:
        header: The names in the file.
        columns: As in `ReadOptions`.

    Raises:
        UnreadFileError: If two columns have one name.
    """

    def __init__(self, header: Sequence[str], columns: Mapping[str, str]) -> None:
        named = [(place, name) for place, name in enumerate(header) if name]
        check_distinct((name, (columns.get(name, name),)) for _, name in named)
        self._block = _Block(named)
        self._unnamed = _unnamed(header)

    def profile(self, row: list[str]) -> Record:
        """Return the values of a row.

        Raises:
            BadRowError: If it has a value without a name.
        """
        _refuse_values(self._unnamed.cells(row))
        return self._block.values(row)


class EventLayout:
    """Takes rows of events apart, and keeps the users and sessions that repeat.

    Args:
        header: The names in the file.
        columns: As in `ReadOptions`.

    Raises:
        UnreadFileError: If it has no time or no name, or two columns for one thing.
    """

    def __init__(self, header: Sequence[str], columns: Mapping[str, str]) -> None:
        paths = {
            place: path_of(columns.get(name, name)) for place, name in enumerate(header) if name
        }
        check_distinct((header[place], path) for place, path in paths.items())
        self._time, self._name = _place_of(TIME, paths), _place_of(EVENT_NAME, paths)
        self._props, self._session = _members(paths, PROPERTIES), _members(paths, SESSION)
        of_row = (self._time, self._name)
        of_user = [
            (place, path)
            for place, path in paths.items()
            if path[:-1] in OF_USER and place not in of_row
        ]
        self._user = _Block(of_user)
        places = {place: path for place, (_, path) in enumerate(of_user)}
        self._of_user = [_members(places, *block) for block in OF_USER]
        self._unnamed = _unnamed(header)
        self._users = KnownBlocks(self._encode_user, USER_BYTES)
        self._sessions = KnownBlocks(encode_session, SESSION_BYTES)

    def event(self, row: list[str]) -> TextEvent:
        """Return a row taken apart.

        Raises:
            BadRowError: If it has a value without a name.
        """
        _refuse_values(self._unnamed.cells(row))
        return TextEvent(
            row[self._name],
            row[self._time],
            self._users[BETWEEN.join(self._user.cells(row)).encode()],
            self._props.values(row) or None,
            self._sessions[encode_json(self._session.values(row) or None)],
        )

    def _encode_user(self, joined: bytes) -> Encoded:
        cells = joined.decode().split(BETWEEN)
        profile, device, dimensions, others = (block.values(cells) for block in self._of_user)
        if ALL_IDENTITIES in profile:
            profile[ALL_IDENTITIES] = listed(profile[ALL_IDENTITIES])
        if dimensions:
            device[DIMENSIONS] = dimensions
        return encode_file_user(profile, device, others)


def _place_of(name: str, paths: Mapping[int, Path]) -> int:
    for place, path in paths.items():
        if path == (name,):
            return place
    message = f"has no column {shown(name)} in its header; {ADVICE}"
    raise UnreadFileError(message)


def _members(paths: Mapping[int, Path], *block: str) -> _Block:
    return _Block([(place, path[-1]) for place, path in paths.items() if path[:-1] == block])


def _unnamed(header: Sequence[str]) -> _Block:
    return _Block([(place, name) for place, name in enumerate(header) if not name])


def _refuse_values(cells: Sequence[str]) -> None:
    if any(cells):
        message = "has a value in a column without a name"
        raise BadRowError(message)
