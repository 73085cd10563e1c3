"""Which column of a Parquet file is what."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from tap_clevertap._plugin.shown import shown
from tap_clevertap.files.columns import (
    ADVICE,
    BLOCKS,
    EVENT_NAME,
    PROPERTIES,
    SESSION,
    TIME,
    Path,
    check_distinct,
    path_of,
)
from tap_clevertap.files.errors import UnreadFileError
from tap_clevertap.files.formats.parquet.objects import is_map, null_if, struct_texts
from tap_clevertap.files.formats.parquet.values import is_union, json_texts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Tree: TypeAlias = "dict[str, str | Tree]"
"""By the documented names of members, the columns that have them."""

OTHER_COLUMNS = "columns"
"""What `app` calls columns that are not documented. A property would change the event's key."""
EPOCH_TIME, IDENTITY = "eventTime", "identity"
IDENTITY_MEMBERS = frozenset((IDENTITY, "clevertapId", "all_identities"))
"""Members of the map `identity`, or columns of these names. [LF]"""
NOT_OF_USER = frozenset((EVENT_NAME, TIME, EPOCH_TIME, PROPERTIES, SESSION))


class EventLayout(NamedTuple):
    """The columns of a file of events."""

    name: str
    time: str
    time_name: str
    """The documented name of the time: `ts` or `eventTime`."""
    blocks: Tree
    """All others."""

    @property
    def columns(self) -> list[str]:
        """The names of all columns, in the file."""
        return [*dict.fromkeys([self.name, self.time, *leaves(self.blocks)])]


def event_layout(schema: pa.Schema, columns: Mapping[str, str]) -> EventLayout:
    """Return which column of a file of events is what.

    Args:
        schema: Of the file.
        columns: As in `ReadOptions`.

    Raises:
        UnreadFileError: If it has no time or no name, or two columns for one thing.
    """
    places = [(each.name, _place(columns.get(each.name, each.name), each.type)) for each in schema]
    if (PROPERTIES,) in {place for _, place in places}:
        places = [(name, _beside_properties(place, name, columns)) for name, place in places]
    check_distinct(places)
    blocks: Tree = {}
    for name, place in places:
        inner = blocks
        for each in place[:-1]:
            inner = inner.setdefault(each, {})  # type: ignore[assignment] # distinct: not a column
        inner[place[-1]] = name
    ts = blocks.pop(TIME, None)
    epoch = None if ts else blocks.pop(EPOCH_TIME, None)  # next to `ts` it is one more column
    name = blocks.pop(EVENT_NAME, None)
    time = ts or epoch
    if not isinstance(name, str) or not isinstance(time, str):
        missing = shown(EVENT_NAME) if name is None else f"{shown(TIME)} or {shown(EPOCH_TIME)}"
        message = f"has no column {missing}; {ADVICE}"
        raise UnreadFileError(message)
    return EventLayout(name, time, TIME if ts else EPOCH_TIME, blocks)


def _place(documented: str, kind: pa.DataType) -> Path:
    if documented == EPOCH_TIME:
        return (EPOCH_TIME,)
    if documented.startswith(f"{IDENTITY}."):
        return (IDENTITY, documented[len(IDENTITY) + 1 :])
    if documented == IDENTITY and is_object(kind):
        return (IDENTITY,)
    if documented in IDENTITY_MEMBERS:
        return (IDENTITY, documented)
    return BLOCKS.get(documented) or path_of(documented)


def _beside_properties(place: Path, name: str, columns: Mapping[str, str]) -> Path:
    """Return the place of a column of a file whose properties are in one: others are none."""
    is_property = place[:-1] == (PROPERTIES,) and columns.get(name, name) == place[-1]
    return (OTHER_COLUMNS, place[-1]) if is_property else place


def is_object(kind: pa.DataType) -> bool:
    """Whether a column has objects: maps, or structs with a field for each property."""
    return is_map(kind) or (pa.types.is_struct(kind) and not is_union(kind))


def leaves(tree: Tree) -> list[str]:
    """Return the columns of a tree."""
    found: list[str] = []
    for each in tree.values():
        found += [each] if isinstance(each, str) else leaves(each)
    return found


def column_of(batch: pa.RecordBatch, name: str) -> pa.Array:
    """Return a column."""
    return batch.column(batch.schema.names.index(name))


def tree_texts(tree: Tree, batch: pa.RecordBatch) -> pa.Array:
    """Return the objects that some columns of each row make; a member that is null is left out."""
    texts = [
        column_texts(column_of(batch, each))
        if isinstance(each, str)
        else null_if("{}", tree_texts(each, batch))
        for each in tree.values()
    ]
    return struct_texts([*tree], texts, len(batch))


def column_texts(column: pa.Array) -> pa.Array:
    """Return the JSON of a column: of a struct that is no union, the objects of its fields."""
    if pa.types.is_dictionary(column.type) or not is_object(column.type) or is_map(column.type):
        return json_texts(column)
    names: Sequence[str] = [each.name for each in column.type]
    texts = struct_texts(names, [column_texts(each) for each in column.flatten()], len(column))
    return pc.if_else(column.is_valid(), texts, pa.scalar(None, pa.string()))
