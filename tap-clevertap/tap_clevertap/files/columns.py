"""Where the columns of a file belong, whatever the file calls them.

The new flow of CleverTap's exports lets a user rename, reorder and drop columns. Headers decide;
`export_files_columns` maps the names in the files to those that are documented. A column of events
that is neither documented nor mapped is a property of the event, under its own name: nothing of a
row is dropped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

from tap_clevertap._plugin.shown import shown
from tap_clevertap.files.errors import UnreadFileError
from tap_clevertap.records.errors import BadRowError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tap_clevertap.records.rows import Record

Path: TypeAlias = tuple[str, ...]
"""The names of the blocks of an event that a value is in, then its own."""

ALL_IDENTITIES = "all_identities"
"""A member of the block of the user: a list, or a text that stands for one."""
TIME, EVENT_NAME, CONTROL_GROUP = "ts", "eventName", "controlGroupName"
PROFILE, DEVICE, DIMENSIONS = "profile", "deviceInfo", "dimensions"
PROPERTIES, SESSION = "eventProps", "sessionProps"
SINGLE = frozenset((TIME, EVENT_NAME, CONTROL_GROUP))
AS_DOCUMENTED = SINGLE | {PROFILE, DEVICE, PROPERTIES, SESSION}
BLOCKS = {
    PROFILE: (PROFILE,),
    DEVICE: (DEVICE,),
    f"{DEVICE}.{DIMENSIONS}": (DEVICE, DIMENSIONS),
    PROPERTIES: (PROPERTIES,),
    "event_props": (PROPERTIES,),
    SESSION: (SESSION,),
    "session_props": (SESSION,),
}
"""By the names before the dot in a header; two are spelled in two ways. [U: export-format]"""
PREFIXES = tuple(f"{name}." for name in BLOCKS)
LONGEST_FIRST = sorted(((f"{name}.", path) for name, path in BLOCKS.items()), reverse=True)
ADVICE = "name the columns in export_files_columns"
CORRECT = "correct export_files_columns"


def path_of(documented: str) -> Path:
    """Return where a column of events belongs; its name may have dots, or be empty."""
    if documented in SINGLE:
        return (documented,)
    for prefix, path in LONGEST_FIRST:
        if documented.startswith(prefix):
            return (*path, documented[len(prefix) :])
    return (PROPERTIES, documented)


def is_event_name(documented: str) -> bool:
    """Whether events have a column of this name."""
    return documented in SINGLE or documented.startswith(PREFIXES)


def check_distinct(columns: Iterable[tuple[str, Path]]) -> None:
    """Refuse columns of which one would hide another.

    Args:
        columns: The name of each in the file, and where it belongs.

    Raises:
        UnreadFileError: If two belong to one place, or one to a place within another's.
    """
    taken: dict[Path, str] = {}
    for name, place in columns:
        if place in taken:
            _refuse(taken[place], name, ".".join(place))
        taken[place] = name
    for place, name in taken.items():
        for outer in (place[:end] for end in range(1, len(place))):
            if outer in taken:
                _refuse(taken[outer], name, ".".join(outer))


def renamed(row: Record, columns: Mapping[str, str]) -> Record:
    """Return a row of a profile with the documented names.

    Raises:
        UnreadFileError: If two members would have one name.
    """
    if columns.keys().isdisjoint(row):
        return row
    found: Record = {}
    for name, value in row.items():
        documented = columns.get(name, name)
        if documented in found:
            others = [each for each in row if columns.get(each, each) == documented]
            _refuse(others[0], others[1], documented)
        found[documented] = value
    return found


def arranged(row: Record, columns: Mapping[str, str]) -> Record:
    """Return an event with each member where it is documented; others stay next to its blocks.

    Args:
        row: An event with its blocks as objects. In `columns`, a member of a block has both
            names, as `profile.User`, or only its own if it stays in its block.
        columns: As in `ReadOptions`.

    Raises:
        BadRowError: If two members would have one place.
    """
    if not columns and row.keys() <= AS_DOCUMENTED:
        return row
    found: Record = {}
    for place, value in _placed(row, columns):
        if not put_at(found, place, value):
            message = f"has more than one value for {shown('.'.join(place))}"
            raise BadRowError(message)
    return found


def _placed(row: Record, columns: Mapping[str, str]) -> Iterator[tuple[Path, Any]]:
    for name, value in row.items():
        documented = columns.get(name, name)
        block = BLOCKS.get(documented)
        if block is None:
            place = path_of(documented)
            is_known = name in columns or place != (PROPERTIES, name)
            yield place if is_known else (name,), value
        elif not isinstance(value, dict):
            if value is not None:
                yield block, value
        else:
            yield block, {}
            for inner, each in value.items():
                yield _inner_place(name, block, inner, columns), each


def _inner_place(name: str, block: Path, inner: str, columns: Mapping[str, str]) -> Path:
    if (documented := columns.get(f"{name}.{inner}")) is not None:
        return path_of(documented)
    place = path_of(columns.get(inner, ""))
    return place if inner in columns and place[:-1] == block else (*block, inner)


def put_at(found: Record, place: Path, value: Any) -> bool:  # noqa: ANN401 - any JSON value
    """Put a value into the block of its place; return False if something is there already.

    An empty object adds nothing to another.
    """
    block: Any = found
    for each in place[:-1]:
        block = block.setdefault(each, {})
        if not isinstance(block, dict):
            return False
    if place[-1] not in block:
        block[place[-1]] = value
        return True
    return isinstance(block[place[-1]], dict) and value == {}


def _refuse(one: str, other: str, place: str) -> NoReturn:
    """Refuse a file because two of its names stand for one thing."""
    what = f"has {_both(one, other, place)}"
    advice = "export it again with different names" if one == other else CORRECT
    message = f"{what}; {advice}"
    raise UnreadFileError(message)


def _both(one: str, other: str, place: str) -> str:
    if one == other:
        return f"two columns {shown(one)}"
    return f"{shown(one)} and {shown(other)}, which both stand for {shown(place)}"
