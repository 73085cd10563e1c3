"""The base of the streams of export files: each file counts as read at its end."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, ClassVar

from singer_sdk.singerlib.catalog import REPLICATION_FULL_TABLE
from typing_extensions import override

from tap_clevertap.errors import SettingError
from tap_clevertap.files.bookmark import FilesBookmark
from tap_clevertap.files.crew import Crew, workers_for
from tap_clevertap.files.ends import FileEnd, Outcome
from tap_clevertap.files.plan import groups_to_read
from tap_clevertap.files.reading import GroupReader, ReadingOptions
from tap_clevertap.files.runs import odd_runs
from tap_clevertap.streams.exported_log import FilesLog
from tap_clevertap.streams.line_stream import LineStream

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from singer_sdk import Tap

    from tap_clevertap.files.folder import ExportFolder
    from tap_clevertap.files.formats.readers import Kind
    from tap_clevertap.files.plan import FileGroup
    from tap_clevertap.files.reading import Part
    from tap_clevertap.files.store import FileInfo
    from tap_clevertap.receipt.files import FilesResult
    from tap_clevertap.records.lines import Lines
    from tap_clevertap.run import RunContext


class ExportedStream(LineStream):
    """Reads the export files that no earlier run has read to their end.

    - A file that cannot be read is named, and the others are read. The run fails at its end.
    - Everything runs in the main thread.
    """

    kind: ClassVar[Kind]

    def __init__(self, tap: Tap, run: RunContext) -> None:
        super().__init__(tap, run)
        self._bookmark: FilesBookmark | None = None
        self._log = FilesLog(self.logger, self.name)

    @override
    def check_settings(self) -> None:
        self._run.check_account()
        if not self._run.settings.export_files.url:
            message = (
                f"export_files_url: it is missing, and {self.name} reads files there; set it, or "
                "do not select the stream"
            )
            raise SettingError(message)
        _ = self._run.export_folder

    # Records

    @override
    def _lines(self, *, messages: bool) -> Iterator[Lines]:
        self._select_events()
        self._mark_state()
        folder = self._run.export_folder
        self._run.progress.figures = self._rows_figures
        bookmark = self._bookmark = self._new_bookmark(folder)
        self._report_listing(folder, bookmark)
        groups = self._groups(folder, bookmark)
        with closing(self._parts(groups, self._reading_options(messages=messages))) as parts:
            for part in parts:
                if isinstance(part, FileEnd):
                    self._end_file(part, bookmark)
                elif part is not None:
                    yield part
                self._stop_if_requested()
        self._mark_files_changed()
        self._log.report_result(self._result, self._run.settings.bad_rows_path)

    def _parts(
        self, groups: Sequence[FileGroup], options: ReadingOptions
    ) -> Generator[Part | None, None, None]:
        """Yield what is in the files of all groups, None while there is nothing yet."""
        files = self._run.settings.export_files
        if workers := workers_for(groups, files.processes):
            yield from Crew(files.url or "", options, workers).read(groups)
            return
        reader = GroupReader(self._run.export_folder.store, options)
        for group in groups:
            yield from reader.read(group)

    def _new_bookmark(self, folder: ExportFolder) -> FilesBookmark:
        return FilesBookmark(
            self.stream_state,
            folder.listing,
            lookback_days=self._run.settings.export_files.lookback_days,
            now=folder.now,
            again=self.replication_method == REPLICATION_FULL_TABLE,
        )

    def _reading_options(self, *, messages: bool) -> ReadingOptions:
        settings = self._run.settings
        files = settings.export_files
        return ReadingOptions(
            account_id=settings.account_id,
            zone=settings.zone,
            kind=self.kind,
            stream=self.name,
            format=files.format,
            columns=files.columns,
            merge_duplicates=settings.merge_duplicates,
            bad_rows_path=settings.bad_rows_path if files.skip_bad_rows else None,
            messages=messages,
        )

    def _groups(self, folder: ExportFolder, bookmark: FilesBookmark) -> Sequence[FileGroup]:
        """Return the groups to read; what the other stream learnt ends files at once."""
        listing: list[FileInfo] = []
        for info in folder.listing:
            end = folder.known_end(info, self.kind)
            if end is None:
                listing.append(info)
            elif not bookmark.was_read(info):
                self._end_file(end, bookmark)
        return groups_to_read(listing, bookmark.was_read, numbered=self.kind == "events")

    def _report_listing(self, folder: ExportFolder, bookmark: FilesBookmark) -> None:
        """Report what is odd about the files that there are."""
        result = self._result
        result.replaced += sorted(bookmark.replaced)
        result.late_days += [each.isoformat() for each in bookmark.late_days]
        faults = odd_runs(folder.listing, bookmark.was_read, folder.now)
        result.odd_runs += filter(folder.is_news, faults)
        replaced = [*filter(folder.is_news, result.replaced)]
        self._log.report_listing(result, replaced, is_lost=bookmark.is_lost)

    # Ends of files

    def _end_file(self, end: FileEnd, bookmark: FilesBookmark) -> None:
        """Take a file into the bookmark, or say why it is not."""
        self._result.take(end)
        folder = self._run.export_folder
        if end.outcome in (Outcome.READ, Outcome.OTHER_KIND):
            bookmark.take(end.info)
        else:
            bookmark.fail(end.info)
            if folder.known_end(end.info, self.kind) is None:
                self._log.report_end(end)
        folder.learn(end)
        self._mark_files_changed()
        if self._state_cadence.is_due(has_batches=self._batches is not None):
            self._write_state_message()

    @property
    def _result(self) -> FilesResult:
        return self._run.receipt.files_of(self.name)

    # State

    def _mark_files_changed(self) -> None:
        self._run.bind_files(self.stream_state)
        self._mark_bookmark_moved()

    @override
    def _write_state_message(self) -> None:
        if self._bookmark is not None:
            self._bookmark.update()
        super()._write_state_message()
