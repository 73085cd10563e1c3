"""Parquet files of profiles [U:profile-exports]. Loads pyarrow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from clevertap_emulator.files.members import MEMBERS, held
from clevertap_emulator.files.parquet_types import (
    IDENTITIES,
    PREFERENCES,
    TEXT,
    ColumnTypes,
    file_of,
)
from clevertap_emulator.files.profiles import GROUPS, IDENTIFIERS
from clevertap_emulator.files.profiles import PREFERENCES as CHOICES
from clevertap_emulator.files.settings import ParquetLayout
from clevertap_emulator.files.values import raw

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from clevertap_emulator.files.columns import ChosenColumns
    from clevertap_emulator.files.settings import ExportSettings


class ParquetProfiles:
    """Writes profiles as Parquet."""

    def __init__(self, columns: ChosenColumns, settings: ExportSettings) -> None:
        self._columns = columns
        self._settings = settings
        self._layout = settings.parquet_layout
        self._types = ColumnTypes(self._layout)

    def content(self, key: str, rows: Sequence[dict[str, Any]]) -> Iterator[bytes]:
        """Yield the bytes of a file."""
        devices = [self._pairs({n: row[n] for n in ("token",) if n in row}) for row in rows]
        props = [
            self._pairs({n: v for n, v in row.items() if n not in {*IDENTIFIERS, *CHOICES}})
            for row in rows
        ]
        columns = {
            "identity": pa.array([row.get("identity") for row in rows], TEXT),
            "profileIdentities": self._types.column(map(_identities, rows), IDENTITIES),
            "device": self._types.column(devices, self._types.values),
            "commPrefs": self._types.column(map(_choices, rows), PREFERENCES),
            "profileProps": self._types.column(props, self._types.values),
        }
        table = pa.table(self._columns.flat(columns, key))
        is_compliant = self._layout is not ParquetLayout.LIST
        yield from file_of([table], self._settings.parquet_pages, is_compliant=is_compliant)

    def _pairs(self, fields: dict[str, Any]) -> list[tuple[str, Any]]:
        members = MEMBERS[self._layout]
        found = ((name, held(raw(value), members)) for name, value in fields.items())
        return [(name, at and {at.member: at.value}) for name, at in found]


def _identities(row: dict[str, Any]) -> list[tuple[str, Any]]:
    texts = {
        name: row[name] for name in ("identity", "all_identities", "clevertapId") if name in row
    }
    pairs: list[tuple[str, Any]] = [(name, {"member0": value}) for name, value in texts.items()]
    ids = row.get("clevertapIds")
    return [*pairs, ("clevertapIds", {"member1": ids})] if ids else pairs


def _choices(row: dict[str, Any]) -> list[tuple[str, Any]]:
    return [
        (name, {"member6": [*row[name].items()]} if name == GROUPS else {"member0": row[name]})
        for name in CHOICES
        if name in row
    ]
