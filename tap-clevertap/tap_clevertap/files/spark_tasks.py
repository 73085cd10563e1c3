"""What a task of Spark does: it reads one group of files, as the tap does.

A task does nothing but read, so Spark may run it again, or twice at once.
"""

from __future__ import annotations

import pickle
import re
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tap_clevertap._plugin.shown import shown
from tap_clevertap.errors import CleverTapError
from tap_clevertap.files.arrow_batches import BAD_ROWS, COLUMNS, arrow_batch
from tap_clevertap.files.ends import FileEnd, Outcome
from tap_clevertap.files.errors import UnreadFileError
from tap_clevertap.files.reading import GroupReader
from tap_clevertap.files.stores.opening import open_store
from tap_clevertap.records.lines import Lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pyarrow as pa

    from tap_clevertap.files.plan import FileGroup
    from tap_clevertap.files.reading import ReadingOptions

_setting = re.compile(r"\bexport_files_(?=[a-z])").sub
"""In the advice of messages: the arguments of `tap_clevertap.spark` have no prefix."""


class Job(NamedTuple):
    """What all tasks have in common; each gets a copy."""

    url: str
    options: ReadingOptions
    groups: tuple[bytes, ...]
    """Each as `packed` gives it, so that a task unpacks only its own."""
    is_skipping: bool
    """Whether bad rows are left out; if not, the first one fails the job."""
    wants_bad_rows: bool = False
    """Whether a task yields the bad rows, and not the others."""


def packed(groups: Iterable[FileGroup]) -> tuple[bytes, ...]:
    """Return groups as bytes."""
    return tuple(map(pickle.dumps, groups))


@contextmanager
def naming_arguments() -> Iterator[None]:
    """Raise the errors of the tap with the names of arguments instead of settings."""
    try:
        yield
    except CleverTapError as fault:
        raise type(fault)(_setting("", fault.message)) from None


def read_groups(numbers: Iterable[pa.RecordBatch], job: Job) -> Iterator[pa.RecordBatch]:
    """Yield the rows of some groups.

    Args:
        numbers: Of the groups, in the only column.
        job: What to do.

    Raises:
        UnreadFileError: If a file cannot be read to its end.
        CleverTapError: If the store cannot be used.
    """
    with naming_arguments(), tempfile.TemporaryDirectory(prefix="tap-clevertap-") as folder:
        bad_rows = Path(folder) / "bad-rows.jsonl"
        path = str(bad_rows) if job.is_skipping else None
        reader = GroupReader(open_store(job.url), job.options._replace(bad_rows_path=path))
        for batch in numbers:
            for number in batch.column(0).to_pylist():
                yield from _read(pickle.loads(job.groups[number]), reader, job, bad_rows)  # noqa: S301 - made by `packed`


def _read(
    group: FileGroup, reader: GroupReader, job: Job, bad_rows: Path
) -> Iterator[pa.RecordBatch]:
    for part in reader.read(group):
        if isinstance(part, FileEnd):
            _check(part)
            if part.bad_rows:
                lines = Lines(bad_rows.read_bytes(), part.bad_rows)
                bad_rows.unlink()
                if job.wants_bad_rows:
                    yield arrow_batch(lines, BAD_ROWS)
        elif not job.wants_bad_rows:
            yield arrow_batch(part, COLUMNS[job.options.kind])


def _check(end: FileEnd) -> None:
    if end.outcome in (Outcome.UNREAD, Outcome.CHANGED):
        message = f"{shown(end.info.key)} {end.reason}"
        raise UnreadFileError(message)
