"""Appending the rows of a failure CSV to the rejects file, each once."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from target_clevertap.rejects.reading import lines_of
from target_clevertap.rejects.taking_out import REPLAYED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from target_clevertap.rejects.failure_csv import FailureCsv
    from target_clevertap.rejects.failure_records import FailureRecords
    from target_clevertap.rejects.file import RejectsFile

ROWS_AT_ONCE = 1000


class ImportedRows(NamedTuple):
    """How many rows were appended, and how many an earlier import had appended."""

    appended: int
    known: int


def import_rows(file: FailureCsv, records: FailureRecords, rejects: RejectsFile) -> ImportedRows:
    """Append each row that no earlier import of this file appended.

    Rejects that were replayed since are looked for in the files next to it.

    Raises:
        SettingError: When a file cannot be read.
        UploadStopped: When the disk does not take them; what was appended is known next time.
    """
    known = _known_keys(rejects.path, file, records)
    new = (row for row in file.rows() if records.key(row) not in known)
    appended = 0
    while rows := [*islice(new, ROWS_AT_ONCE)]:
        rejects.append(map(records.reject, rows))
        appended += len(rows)
    return ImportedRows(appended, len(known))


def _known_keys(path: Path, file: FailureCsv, records: FailureRecords) -> set[str]:
    """Return the keys of this file's rows that are in the rejects file, or were."""
    wanted = {records.key(row) for row in file.rows()}
    return {key for each in _files(path) for key in _keys_in(each, records) if key in wanted}


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
    for each in sorted(path.parent.glob("*")):
        if REPLAYED.sub("", each.name) == path.name != each.name and each.is_file():
            yield each


def _keys_in(path: Path, records: FailureRecords) -> Iterator[str]:
    for line in lines_of(path):
        if line.kind == "REJECT" and line.stream == records.origin.stream:
            record = line.decoded()
            if isinstance(record, dict) and isinstance(key := record.get(records.key_column), str):
                yield key
