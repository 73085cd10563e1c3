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
    column_of,
    column_texts,
    is_object,
    leaves,
    tree_texts,
)
from tap_clevertap.files.formats.parquet.rows_of import faults_in, rows_of
from tap_clevertap.files.formats.parquet.users import BETWEEN
from tap_clevertap.records.errors import BadRowError
from tap_clevertap.records.exact_json import canonical_json, exact_number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_clevertap.files.formats.parquet.layout import Tree

NULL = "null"
NO_BLOCKS = (b"", b"", b"")

_decode = msgspec.json.Decoder(float_hook=exact_number).decode


class Blocks(NamedTuple):
    """The canonical JSON of the blocks of some rows, null for an absent one."""

    props: list[bytes]
    sessions: list[bytes]
    users: list[bytes]
    """As `encode_user_of_blocks` wants them."""
    faults: dict[int, str]
    """What is wrong with rows, by their places."""


class BlockReader(Protocol):
    """Makes the blocks of the rows of one file."""

    def blocks(self, batch: pa.RecordBatch) -> Blocks:
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
        self._others = {**tree}
        self._props, self._session, self._identity, self._profile, self._device = (
            self._others.pop(each, None)
            for each in (PROPERTIES, SESSION, IDENTITY, PROFILE, DEVICE)
        )

    @override
    def blocks(self, batch: pa.RecordBatch) -> Blocks:
        users = pc.binary_join_element_wise(
            *(_texts(each, batch) for each in (self._identity, self._profile, self._device)),
            _texts(self._others, batch),
            BETWEEN,
        )
        props, sessions = (rows_of(_texts(each, batch)) for each in (self._props, self._session))
        joined = rows_of(users)
        return Blocks(props, sessions, joined, faults_in([props, sessions, joined]))


class MemberBlocks(BlockReader):
    """Puts each member where it is documented, row by row."""

    def __init__(self, tree: Tree, columns: Mapping[str, str]) -> None:
        self._columns = columns
        self._identity = tree.get(IDENTITY)
        own = [] if self._identity is None else leaves({IDENTITY: self._identity})
        self._rows: Tree = {name: name for name in leaves(tree) if name not in own}

    @override
    def blocks(self, batch: pa.RecordBatch) -> Blocks:
        rows = rows_of(tree_texts(self._rows, batch))
        identities = rows_of(_texts(self._identity, batch))
        faults = faults_in([rows, identities])
        found = [
            NO_BLOCKS if place in faults else self._arranged(*parts, place, faults)
            for place, parts in enumerate(zip(rows, identities, strict=True))
        ]
        props, sessions, users = map(list, zip(*found, strict=True)) if found else ([], [], [])
        return Blocks(props, sessions, users, faults)

    def _arranged(
        self, row: bytes, identity: bytes, place: int, faults: dict[int, str]
    ) -> tuple[bytes, bytes, bytes]:
        try:
            found = arranged(_decode(row), self._columns)
        except BadRowError as fault:
            faults[place] = str(fault)
            return NO_BLOCKS
        props, session, profile, device = (
            canonical_json(found.pop(each, None)) for each in (PROPERTIES, SESSION, PROFILE, DEVICE)
        )
        parts = (identity, profile, device, canonical_json(found))
        return props, session, BETWEEN.encode().join(parts)


def _texts(part: str | Tree | None, batch: pa.RecordBatch) -> pa.Array:
    """Return the JSON of a part of each row."""
    if part is None:
        return pa.array([NULL] * len(batch), pa.string())
    if not isinstance(part, str):
        return tree_texts(part, batch)
    return pc.fill_null(column_texts(column_of(batch, part)), NULL)
