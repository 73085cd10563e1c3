"""Rows of a data file as records of an upload."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from clevertap_emulator.drops.cells import CellError
from clevertap_emulator.drops.manifest import ColumnMeaning
from clevertap_emulator.drops.texts import (
    COLUMNS_DIFFER,
    COLUMNS_UNNAMED,
    NO_ITEMS,
    TOO_MANY_PROPERTIES,
    WRONG_OPERATION,
    other_width,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clevertap_emulator.drops.cells import CellReader
    from clevertap_emulator.drops.manifest import Manifest

MOST_PROPERTIES = 100
OPERATIONS = frozenset(["$add", "$remove", "$set", "$delete"])
SUFFIX = ".operation"
USER_COLUMNS = {
    "identity": "identity",
    **dict.fromkeys(("objectId", "guid"), "objectId"),
    **dict.fromkeys(("FBID", "fbId", "fbid"), "FBID"),
    **dict.fromkeys(("GPID", "gpId", "gpid"), "GPID"),
}
TWO_SPELLINGS = {"MSG-dndSMS": "MSG-dndPhone"}
"""One flag, spelled in two ways: by the pages on SFTP, and by those on the API."""


class HeaderError(ValueError):
    """A header that does not fit; `str` is the documented text."""


class _Column(NamedTuple):
    position: int
    header: str
    meaning: ColumnMeaning
    operation: int | None


class DroppedRows:
    """Makes records of the rows of one file, in their order.

    One row has one value of a list. So the values of `$set` that follow each other in the rows of
    one user are one list: each of these rows sets all of them so far.
    """

    def __init__(self, manifest: Manifest, header: Sequence[str], cells: CellReader) -> None:
        """Look at the header.

        Raises:
            HeaderError: A column has no name, or a column that is meant is not there.
        """
        _check(header, manifest)
        self._kind = manifest.kind
        self._width = len(header)
        self._cells = cells
        self._columns = [*_columns(header, manifest)]
        self._set: dict[str, list[object]] = {}
        self._set_of: dict[str, object] = {}

    def record(self, row: Sequence[str]) -> dict[str, Any]:
        """Return the record of a row; an empty cell is absent.

        Raises:
            CellError: The row fails.
        """
        if len(row) != self._width:
            raise CellError(other_width(len(row), self._width))
        is_event = self._kind == "event"
        head: dict[str, Any] = {"type": self._kind}
        properties: dict[str, Any] = {}
        changes: list[tuple[str, str, object]] = []
        for column in self._columns:
            text, operation = row[column.position], _operation(row, column)
            if operation:
                changes += self._change(column, text, operation)
            elif text:
                self._put(head, properties, column, text, is_event=is_event)
        if is_event:
            return _event(head, properties)
        return self._profile(head, properties, changes)

    def _put(
        self,
        head: dict[str, Any],
        properties: dict[str, Any],
        column: _Column,
        text: str,
        *,
        is_event: bool,
    ) -> None:
        name = column.meaning.name
        if name in USER_COLUMNS:
            head.setdefault(USER_COLUMNS[name], text)
        elif name == "ts":
            head["ts"] = self._cells.moment(text, column.header, column.meaning)
        elif name == "evtName" and is_event:
            head["evtName"] = text
        else:
            value = self._cells.value(text, column.header, column.meaning)
            properties[name if is_event else TWO_SPELLINGS.get(name, name)] = value

    def _change(self, column: _Column, text: str, operation: str) -> list[tuple[str, str, object]]:
        if operation not in OPERATIONS:
            raise CellError(WRONG_OPERATION)
        name = column.meaning.name
        if operation == "$delete":
            return [(name, operation, 1)]
        if not text:
            return []
        return [(name, operation, self._cells.value(text, column.header, column.meaning))]

    def _profile(
        self,
        head: dict[str, Any],
        properties: dict[str, Any],
        changes: list[tuple[str, str, object]],
    ) -> dict[str, Any]:
        user = {key: head[key] for key in USER_COLUMNS.values() if key in head}
        so_far = self._set if user == self._set_of else {}
        self._set, self._set_of = {}, user
        for name, operation, value in changes:
            values = [*so_far.get(name, []), value] if operation == "$set" else [value]
            properties[name] = {operation: 1 if operation == "$delete" else values}
            if operation == "$set":
                self._set[name] = values
        if "identity" in head and "objectId" in head:  # a device that is given its user
            properties["identity"] = head.pop("identity")
        return {**head, "profileData": properties} if properties else head


def _check(header: Sequence[str], manifest: Manifest) -> None:
    if not header or not all(each.strip() for each in header):
        raise HeaderError(COLUMNS_UNNAMED)
    if len(set(header)) != len(header) or not set(manifest.columns) <= set(header):
        raise HeaderError(COLUMNS_DIFFER)


def _columns(header: Sequence[str], manifest: Manifest) -> list[_Column]:
    """Return the columns with values, each with the position of its operation."""
    positions = {name: position for position, name in enumerate(header)}
    operations = {
        name: positions[name + SUFFIX]
        for name in header
        if manifest.kind == "profile" and name + SUFFIX in positions
    }
    return [
        _Column(
            positions[name],
            name,
            manifest.columns.get(name) or ColumnMeaning(name),
            operations.get(name),
        )
        for name in header
        if positions[name] not in operations.values()
    ]


def _operation(row: Sequence[str], column: _Column) -> str:
    return "" if column.operation is None else row[column.operation]


def _event(head: dict[str, Any], properties: dict[str, Any]) -> dict[str, Any]:
    if len(properties) > MOST_PROPERTIES:
        raise CellError(TOO_MANY_PROPERTIES)
    if "Items" in properties and str(head.get("evtName")).casefold() == "charged":
        raise CellError(NO_ITEMS)
    return {**head, "evtData": properties} if properties else head
