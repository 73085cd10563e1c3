"""Appending the rows of a failure CSV to the rejects file, each once."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from target_clevertap.file_locks import go_on
from target_clevertap.rejects.reading import lines_of, lines_unlocked
from target_clevertap.rejects.taking_out import REPLAYED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from target_clevertap.rejects.failure_csv import FailureCsv
    from target_clevertap.rejects.failure_records import FailureRecords
    from target_clevertap.rejects.file import RejectsFile
    from target_clevertap.rejects.lines import RejectLine

ROWS_AT_ONCE = 1000


class ImportedRows(NamedTuple):
    """How many rows were appended, and how many an earlier import had appended."""

    appended: int
    known: int


def import_rows(
    file: FailureCsv,
    records: FailureRecords,
    rejects: RejectsFile,
    check: Callable[[], None] = go_on,
) -> ImportedRows:
    """Append each row that no earlier import of this file appended.

    - Rejects that were replayed since are looked for in the files next to it.
    - The rejects file stays locked all the time, so that another import sees all of these rows.

    Args:
        file: The rows.
        records: Makes rejects of them.
        rejects: Where they go.
        check: Called while another process has a file locked; may raise.

    Raises:
        SettingError: When a file cannot be read.
        UploadStopped: When the disk does not take them; what was appended is known next time.
    """
    with rejects.held(check):
        known = _known_keys(rejects.path, file, records, check)
        new = (row for row in file.rows() if records.key(row) not in known)
        appended = 0
        while rows := [*islice(new, ROWS_AT_ONCE)]:
            rejects.append(map(records.reject, rows), check)
            appended += len(rows)
    return ImportedRows(appended, len(known))


def _known_keys(
    path: Path, file: FailureCsv, records: FailureRecords, check: Callable[[], None]
) -> set[str]:
    """Return the keys of this file's rows that are in the rejects file, or were."""
    wanted = {records.key(row) for row in file.rows()}
    return {key for key in _keys(path, records, check) if key in wanted}


def _keys(path: Path, records: FailureRecords, check: Callable[[], None]) -> Iterator[str]:
    """Yield the keys in the rejects file, which is held, and in those that were replayed."""
    yield from _keys_in(lines_unlocked(path), records)
    for each in sorted(path.parent.glob("*")):
        if REPLAYED.sub("", each.name) == path.name != each.name and each.is_file():
            yield from _keys_in(lines_of(each, check), records)


def _keys_in(lines: Iterable[RejectLine], records: FailureRecords) -> Iterator[str]:
    for line in lines:
        if line.kind == "REJECT" and line.stream == records.origin.stream:
            record = line.decoded()
            if isinstance(record, dict) and isinstance(key := record.get(records.key_column), str):
                yield key
