"""One import: a data file into the store, and its failures into a CSV."""

from __future__ import annotations

import asyncio
import csv
import os
from contextlib import ExitStack
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec

from clevertap_emulator.drops.cells import CellError, CellReader
from clevertap_emulator.drops.data_file import (
    DataFileError,
    check_data_file,
    open_data_file,
    read_rows,
)
from clevertap_emulator.drops.rows import DroppedRows, HeaderError
from clevertap_emulator.drops.texts import INFRASTRUCTURE, UNREADABLE, text_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import Any

    from clevertap_emulator.drops.manifest import Manifest
    from clevertap_emulator.project import Project

ROWS_IN_A_GO = 500
"""Rows between two looks at requests that wait."""
FAILURE_COLUMN = "Failure Description"
MISSING_TIME = timedelta(seconds=1)
"""Of a date without a time in a file that came by SFTP: 00:00:01."""


def name_of(path: Path) -> str:
    """Return a file's name as text; bytes that are not UTF-8 are escaped."""
    return os.fsencode(path.name).decode(errors="backslashreplace")


class Import(msgspec.Struct):
    """What became of a manifest, or of a CSV in the dashboard.

    `number` is that of its records in `/_emulator/uploads`; `status` is `running`, `done` or
    `refused`, then with an `error`. `mailed_to` is None where nobody hears of it.
    """

    number: int
    name: str
    data_file: str | None = None
    kind: str | None = None
    status: str = "running"
    error: str | None = None
    rows: int = 0
    accepted: int = 0
    failed: int = 0
    mailed_to: str | None = None
    failures_file: str | None = None

    def refuse(self, error: str) -> None:
        """End with an error; `accepted` says how many rows were stored before it."""
        self.status, self.error = "refused", error

    def end(self) -> None:
        """End in any case: one that still runs met what nobody foresaw."""
        if self.status == "running":
            self.refuse(INFRASTRUCTURE)


class DataFileImport:
    """Imports one data file."""

    def __init__(
        self, project: Project, made: Import, failures: Path, missing_time: timedelta = MISSING_TIME
    ) -> None:
        """Prepare an import.

        Args:
            project: Where records are stored.
            made: What becomes of it.
            failures: Path for the CSV of the rows that failed, made with the first of them.
            missing_time: Time of a date without one.
        """
        self._project = project
        self._made = made
        self._failures = failures
        self._cells = CellReader(project.calendar.zone, missing_time)

    async def run(self, path: Path, manifest: Manifest, most_bytes: int) -> None:
        """Store what is accepted; requests are served in between."""
        try:
            await asyncio.to_thread(check_data_file, path, most_bytes)
            await self._import(path, manifest)
        except DataFileError:  # also of a file that was changed since it was checked
            self._made.refuse(UNREADABLE)
        except HeaderError as error:
            self._made.refuse(str(error))
        else:
            self._made.status = "done"

    async def _import(self, path: Path, manifest: Manifest) -> None:
        with ExitStack() as opened:
            header, rows = read_rows(opened.enter_context(open_data_file(path)))
            reader = DroppedRows(manifest, header, self._cells)
            failures = _Failures(self._failures, header, opened)
            for row in rows:
                self._take(reader, row, failures)
                if self._made.rows % ROWS_IN_A_GO == 0:
                    await asyncio.sleep(0)

    def _take(self, reader: DroppedRows, row: Sequence[str], failures: _Failures) -> None:
        made = self._made
        made.rows += 1
        error = self._error(reader, row)
        if error is None:
            made.accepted += 1
            return
        made.failed += 1
        made.failures_file = name_of(self._failures)
        failures.add(row, error)

    def _error(self, reader: DroppedRows, row: Sequence[str]) -> str | None:
        try:
            record: dict[str, Any] = reader.record(row)
        except CellError as error:
            return str(error)
        raw = msgspec.Raw(msgspec.json.encode(record))
        code = self._project.uploads.process(raw, self._made.number, self._made.rows)
        return None if code is None else text_of(code)


class _Failures:
    """The CSV that CleverTap mails: the rows that failed, each with why."""

    def __init__(self, path: Path, header: Sequence[str], opened: ExitStack) -> None:
        self._path = path
        self._header = header
        self._opened = opened
        self._writer: Any = None

    def add(self, row: Sequence[str], error: str) -> None:
        if self._writer is None:
            self._path.parent.mkdir(exist_ok=True)
            file = self._path.open("w", encoding="utf-8", newline="")
            self._writer = csv.writer(self._opened.enter_context(file))
            self._writer.writerow([*self._header, FAILURE_COLUMN])
        self._writer.writerow([*row, error])
