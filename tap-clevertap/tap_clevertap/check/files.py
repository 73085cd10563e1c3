"""The questions of a check about export files: can they be listed, and can one be read?"""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

from tap_clevertap._plugin.findings import Finding, failed, fine
from tap_clevertap._plugin.shown import shown
from tap_clevertap.errors import CleverTapError
from tap_clevertap.files.bad_rows import FileBadRows, IgnoredRows
from tap_clevertap.files.content import open_content
from tap_clevertap.files.errors import FileChangedError, UnreadFileError
from tap_clevertap.files.formats.readers import reader_of
from tap_clevertap.files.rows import ReadOptions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_clevertap.config.settings import TapSettings
    from tap_clevertap.files.folder import ExportFolder
    from tap_clevertap.files.store import FileInfo


class FilesCheck:
    """Lists the export files, and reads the first rows of the newest one.

    Args:
        settings: Of the run.
        folder: Of the files.
    """

    def __init__(self, settings: TapSettings, folder: ExportFolder) -> None:
        self._settings = settings
        self._folder = folder

    def findings(self) -> Iterator[Finding]:
        """Yield a finding for each question; raise nothing."""
        try:
            listing = self._folder.listing
        except CleverTapError as error:
            yield failed("files", "unusable", error)
            return
        if not listing:
            message = "the folder of export_files_url has no file"
            advice = "check the folder, if an export has run"
            yield fine("files", message, code="no_files", advice=advice)
            return
        size = sum(info.size for info in listing)
        yield fine("files", f"the folder has {len(listing):,} files of {size:,} bytes")
        yield self._first_rows(max(listing, key=attrgetter("modified")))

    def _first_rows(self, info: FileInfo) -> Finding:
        name = shown(info.key)
        try:
            found = self._what_is_in(info)
        except FileChangedError:
            return fine("file", f"{name} changes while it is read", code="changing")
        except UnreadFileError as fault:
            message, _, advice = fault.message.partition("; ")
            return Finding("file", "unreadable", f"{name} {message}", advice)
        except CleverTapError as error:
            return failed("file", "unusable", error)
        return fine("file", f"{name} {found}")

    def _what_is_in(self, info: FileInfo) -> str:
        files = self._settings.export_files
        bad_rows = IgnoredRows() if files.skip_bad_rows else FileBadRows(info.key, None)
        with self._folder.store.open(info) as file:
            found = open_content(file, files.format, files.columns)
            zone, is_packed = self._settings.zone, found.is_packed
            options = ReadOptions(zone, files.columns, bad_rows, is_packed=is_packed)
            with found.content as content:
                reader = reader_of(found.format)
                is_events = found.kind == "events"
                rows = (reader.event_rows if is_events else reader.profile_rows)(content, options)
                some = next(iter(rows), ())
        number = len(some[0]) if is_events and some else len(some)
        return f"is {found.format} of {found.kind}, and its first {number:,} rows can be read"
