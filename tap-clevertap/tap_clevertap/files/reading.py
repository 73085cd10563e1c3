"""The files of a group as lines of records, with what came of each file.

It needs nothing of a run, so that worker processes and tasks of Spark read files as the tap does.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from tap_clevertap.files.bad_rows import FileBadRows, IgnoredRows
from tap_clevertap.files.content import EVENTBRIDGE, PARQUET, open_content
from tap_clevertap.files.encoder import FileEncoder
from tap_clevertap.files.ends import FileEnd, Outcome
from tap_clevertap.files.errors import FileChangedError, UnreadFileError
from tap_clevertap.files.formats.json_memory import JsonMemory
from tap_clevertap.files.formats.readers import reader_of
from tap_clevertap.files.names import is_of_other_account, parse_name
from tap_clevertap.files.profile_records import ProfileRecords
from tap_clevertap.files.rows import ReadOptions
from tap_clevertap.files.unforeseen import unread_if_unforeseen
from tap_clevertap.numbering.duplicates import DuplicateNumbering
from tap_clevertap.records.exact_json import encode_json
from tap_clevertap.records.lines import RECORD_ALONE, Lines, record_message

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from tap_clevertap.files.content import FileContent
    from tap_clevertap.files.formats.readers import Kind
    from tap_clevertap.files.plan import FileGroup
    from tap_clevertap.files.rows import RowSink
    from tap_clevertap.files.store import FileInfo, FileStore
    from tap_clevertap.records.events import Number
    from tap_clevertap.records.lines import Envelope


OTHER_ACCOUNT = (
    "has the name of another account than that of account_id; correct account_id, or keep the "
    "files of each account in a folder of their own"
)
PLACES = {PARQUET: "row", EVENTBRIDGE: "message"}
"""What rows are numbered as, if not by lines."""
Part: TypeAlias = "Lines | FileEnd"


class ReadingOptions(NamedTuple):
    """How files are read; another process can have a copy."""

    account_id: str
    zone: ZoneInfo
    kind: Kind
    stream: str
    """The name in the messages of its records."""
    format: str = "auto"
    columns: Mapping[str, str] = {}
    merge_duplicates: bool = False
    bad_rows_path: str | None = None
    """Where bad rows are set aside; without it the first one makes a file unread."""
    messages: bool = True
    """Whether lines are RECORD messages, or records alone."""


class GroupReader:
    """Reads groups of files, one after the other.

    - It keeps encoded blocks of users, which repeat in the files of all groups.
    - One thread uses it.

    Args:
        store: Of the files.
        options: For all of them.
    """

    def __init__(self, store: FileStore, options: ReadingOptions) -> None:
        self._store = store
        self._options = options
        self._json = JsonMemory()
        self._encoder = FileEncoder(
            account_id=options.account_id, zone=options.zone, envelope=self._envelope
        )

    def read(self, group: FileGroup) -> Iterator[Part]:
        """Yield the lines of the files of a group, and the end of each file after its last line.

        - What is wrong with a file is in its end; the others are read.
        - Numbers of identical rows continue after those of all files that were read before, and of
          those that are cut. So no two rows have one number, whatever a later run finds.

        Raises:
            CleverTapError: If nothing can be read, or bad rows cannot be written.
        """
        numbering = DuplicateNumbering(merge=self._options.merge_duplicates)
        number = partial(numbering.number, walk=0)
        try:
            for info in group.known:
                self._count(info, number)
        except UnreadFileError as fault:
            yield from (_not_numbered(each, fault) for each in group.files)
            return
        for info in group.files:
            yield from self._read_file(info, number)

    def _count(self, info: FileInfo, number: Number) -> None:
        """Count the rows of a file that an earlier run read."""
        with unread_if_unforeseen(), self._store.open(info) as file:
            content = open_content(file, self._options.format, self._options.columns)
            with content.content:
                if content.kind == self._options.kind:
                    for _ in self._lines(content, info, _counting(number), IgnoredRows()):
                        pass

    def _read_file(self, info: FileInfo, number: Number) -> Iterator[Part]:
        kind: Kind | None = None
        bad_rows = FileBadRows(info.key, self._options.bad_rows_path)
        rows = 0
        try:
            _check_account(info, self._options.account_id)
            with unread_if_unforeseen(), self._store.open(info) as file:
                content = open_content(file, self._options.format, self._options.columns)
                with content.content:
                    kind = content.kind
                    if kind == self._options.kind:
                        bad_rows.place = PLACES.get(content.format, "line")
                        for lines in self._lines(content, info, number, bad_rows):
                            rows += len(lines)
                            bad_rows.has_good = True
                            if lines:
                                yield lines
                        bad_rows.end()
        except UnreadFileError as fault:
            is_change = isinstance(fault, FileChangedError)
            outcome = Outcome.CHANGED if is_change else Outcome.UNREAD
            yield FileEnd(info, outcome, kind, rows, bad_rows.written, fault.message)
        else:
            outcome = Outcome.READ if kind == self._options.kind else Outcome.OTHER_KIND
            is_empty = not (bad_rows.has_good or bad_rows.number)
            yield FileEnd(info, outcome, kind, rows, bad_rows.number, is_empty=is_empty)

    def _lines(
        self, content: FileContent, info: FileInfo, number: Number, bad_rows: RowSink
    ) -> Iterator[Lines]:
        """Yield the lines of some rows at a time, of which all may be left out."""
        zone, columns = self._options.zone, self._options.columns
        options = ReadOptions(zone, columns, bad_rows, content.is_packed, self._json)
        reader = reader_of(content.format)
        if content.kind == "events":
            if content.format == EVENTBRIDGE:
                number = _same_number
            for rows in reader.event_rows(content.content, options):
                yield self._encoder.encode(rows, number, info.key)
            return
        records = ProfileRecords(
            account_id=self._options.account_id,
            seen_through=_day_of_run(info, self._options.zone),
            source_file=info.key,
            columns=self._options.columns,
        )
        for some in reader.profile_rows(content.content, options):
            before, after = self._envelope(self._options.stream)
            yield Lines.of([before + encode_json(each) + after for each in records.records(some)])

    def _envelope(self, _stream: str) -> Envelope:
        return record_message(self._options.stream) if self._options.messages else RECORD_ALONE


def _check_account(info: FileInfo, account_id: str) -> None:
    if is_of_other_account(info.key, account_id):
        raise UnreadFileError(OTHER_ACCOUNT)


def _same_number(fingerprints: Sequence[bytes], _: Sequence[int]) -> Sequence[int]:
    """Number all rows 0: EventBridge may deliver one event several times."""
    return [0] * len(fingerprints)


def _counting(number: Number) -> Number:
    """Return a function that counts rows as another, and leaves all of them out."""

    def count(fingerprints: Sequence[bytes], hours: Sequence[int]) -> Sequence[int | None]:
        return [None for _ in number(fingerprints, hours)]

    return count


def _not_numbered(info: FileInfo, fault: UnreadFileError) -> FileEnd:
    outcome = Outcome.CHANGED if isinstance(fault, FileChangedError) else Outcome.UNREAD
    reason = (
        "cannot be numbered after a file of its group that was read before, and that "
        f"{fault.message}"
    )
    return FileEnd(info, outcome, reason=reason)


def _day_of_run(info: FileInfo, zone: ZoneInfo) -> str:
    """Return the day of the run that wrote a file, in the project's zone."""
    name = parse_name(info.key)
    at = name.run or info.modified
    return (at if name.is_written else at.astimezone(zone)).date().isoformat()
