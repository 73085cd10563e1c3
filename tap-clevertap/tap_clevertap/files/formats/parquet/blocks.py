"""The blocks of the rows of events: properties, session and user, as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
from typing_extensions import override

from tap_clevertap.files.columns import DEVICE, PROFILE, PROPERTIES, SESSION, arranged
from tap_clevertap.files.formats.parquet.layout import (
    IDENTITY,
    OTHER_COLUMNS,
    column_of,
    column_texts,
    is_object,
    leaves,
    tree_texts,
)
from tap_clevertap.files.formats.parquet.rows_of import faults_in, rows_of
from tap_clevertap.files.formats.parquet.shapes import BETWEEN, shaped_rows
from tap_clevertap.files.formats.parquet.user_plans import UserEncoder
from tap_clevertap.files.formats.parquet.users import encode_user_of_blocks
from tap_clevertap.records.errors import BadRowError
from tap_clevertap.records.exact_json import canonical_json, exact_number
from tap_clevertap.records.values import as_object

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_clevertap.files.formats.parquet.layout import Tree
    from tap_clevertap.records.blocks import Encoded
    from tap_clevertap.records.rows import Record

NULL = "null"
NO_BLOCKS = (b"", b"", (b"", b""))
NO_SHAPE = BETWEEN.join(["{}"] * 4).encode()

_decode = msgspec.json.Decoder(float_hook=exact_number).decode


class MapBlocks(NamedTuple):
    """The canonical JSON of the blocks of some rows, null for an absent one."""

    props: list[bytes]
    sessions: list[bytes]
    users: list[Encoded]
    faults: dict[int, str]
    """What is wrong with rows, by their places."""


class BlockReader(Protocol):
    """Makes the blocks of the rows of one file."""

    def blocks(self, batch: pa.RecordBatch) -> MapBlocks:
        """Return those of a batch."""


def block_reader(tree: Tree, schema: pa.Schema, columns: Mapping[str, str]) -> BlockReader:
    """Return what reads the blocks of a file.

    Args:
        tree: The columns of its blocks; see `EventLayout`.
        schema: Of the file.
        columns: As in `ReadOptions`; they may name members of a block, as `profile.User`.
    """
    inner = tuple(f"{each.name}." for each in schema if is_object(each.type))
    if any(name.startswith(inner) and name not in schema.names for name in columns):
        return MemberBlocks(tree, columns)
    return ColumnBlocks(tree)


class ColumnBlocks(BlockReader):
    """Makes the blocks of all rows of a batch at once."""

    def __init__(self, tree: Tree) -> None:
        others = {**tree}
        self._props, self._session, *user = (
            others.pop(each, None) for each in (PROPERTIES, SESSION, IDENTITY, PROFILE, DEVICE)
        )
        self._user = (*user, others) if others or not any(user) else (*user, None)
        self._users = UserEncoder()

    @override
    def blocks(self, batch: pa.RecordBatch) -> MapBlocks:
        props, sessions = (_texts(each, batch) for each in (self._props, self._session))
        shapes, places, values = shaped_rows(self._user, batch)
        faults = faults_in([props, sessions, values])
        users = rows_of(values)
        for place in faults:
            places[place], users[place] = len(shapes), b""
        encoded = self._users.encode([*shapes, NO_SHAPE], places, users)
        return MapBlocks(rows_of(props), rows_of(sessions), encoded, faults)


class MemberBlocks(BlockReader):
    """Puts each member where it is documented, row by row."""

    def __init__(self, tree: Tree, columns: Mapping[str, str]) -> None:
        self._columns = columns
        self._identity = tree.get(IDENTITY)
        apart: Tree = {each: tree[each] for each in (IDENTITY, OTHER_COLUMNS) if each in tree}
        self._apart = apart
        self._rows: Tree = {name: name for name in leaves(tree) if name not in leaves(apart)}

    @override
    def blocks(self, batch: pa.RecordBatch) -> MapBlocks:
        texts = (tree_texts(self._rows, batch), tree_texts(self._apart, batch))
        faults = faults_in(texts)
        found = [
            NO_BLOCKS if place in faults else self._arranged(row, apart, place, faults)
            for place, (row, apart) in enumerate(zip(*map(rows_of, texts), strict=True))
        ]
        props, sessions, users = map(list, zip(*found, strict=True))
        return MapBlocks(props, sessions, users, faults)

    def _arranged(
        self, row: bytes, apart: bytes, place: int, faults: dict[int, str]
    ) -> tuple[bytes, bytes, Encoded]:
        try:
            found = arranged(_decode(row), self._columns)
        except BadRowError as fault:
            faults[place] = str(fault)
            return NO_BLOCKS
        props, session, profile, device = (
            found.pop(each, None) for each in (PROPERTIES, SESSION, PROFILE, DEVICE)
        )
        others = _decode(apart)
        identity = self._renamed(as_object(others.pop(IDENTITY, None)) or {})
        blocks = [as_object(each) or {} for each in (profile, device, {**found, **others})]
        user = encode_user_of_blocks(identity, *blocks)
        return canonical_json(props), canonical_json(session), user

    def _renamed(self, identity: Record) -> Record:
        found = {}
        for name, value in identity.items():
            documented = self._columns.get(f"{self._identity}.{name}")
            found[documented.rpartition(".")[2] if documented else name] = value
        return found


def _texts(part: str | Tree | None, batch: pa.RecordBatch) -> pa.Array:
    """Return the JSON of a part of each row."""
    if part is None:
        return pa.array([NULL] * len(batch), pa.string())
    if not isinstance(part, str):
        return tree_texts(part, batch)
    return pc.fill_null(column_texts(column_of(batch, part)), NULL)
