"""What the log says of the export files that a stream reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_clevertap._plugin.shown import shown
from tap_clevertap.files.ends import FileEnd, Outcome

if TYPE_CHECKING:
    import logging
    from collections.abc import Sequence

    from tap_clevertap.receipt.files import FilesResult

MOST_NAMED = 20
"""Lines about files that were replaced, and days."""


class FilesLog:
    """Logs about the files of a stream.

    Args:
        logger: Of the stream.
        stream: Its name.
    """

    def __init__(self, logger: logging.Logger, stream: str) -> None:
        self._logger = logger
        self._stream = stream

    def report_listing(
        self, result: FilesResult, replaced: Sequence[str], *, is_lost: bool
    ) -> None:
        """Report what is odd about the files that there are.

        Args:
            result: Of the stream, with what the listing tells.
            replaced: Keys of replaced files that no other stream has reported.
            is_lost: Whether there is no file, though there were some.
        """
        for key in replaced[:MOST_NAMED]:
            self._warn(
                "%s was read by an earlier run and is another file now; it is read again",
                shown(key),
            )
        if len(replaced) > MOST_NAMED:
            self._warn("%d more files are others now, and read again", len(replaced) - MOST_NAMED)
        if is_lost:
            self._warn("there is no file, though earlier runs read some; check export_files_url")
        for day in result.late_days[:MOST_NAMED]:
            self._warn(
                "files that were last modified on %s came late, or may be others now; all files of "
                "that day are read again, with the same keys",
                day,
            )
        if len(result.late_days) > MOST_NAMED:
            self._warn("so are those of %d more days", len(result.late_days) - MOST_NAMED)
        for fault in result.odd_runs:
            self._warn("%s", fault)

    def report_end(self, end: FileEnd) -> None:
        """Say why a file does not count as read."""
        name = shown(end.info.key)
        if end.outcome is Outcome.CHANGED:
            self._warn("%s %s; the next run reads it", name, end.reason)
        else:
            message = "%s: %s %s; the next run reads it again"
            self._logger.error(message, self._stream, name, end.reason)

    def report_result(self, result: FilesResult, bad_rows_path: str) -> None:
        """Say what was read."""
        unread = len(result.unread) + len(result.changed)
        message = "%s: %d rows of %d files; %d files are unread, %d have other rows"
        figures = (result.rows, result.read, unread, result.other_kind)
        self._logger.info(message, self._stream, *figures)
        if result.empty:
            message = "%d files have no row, such as %s; they count as read"
            self._warn(message, len(result.empty), shown(result.empty[0]))
        if result.bad_rows:
            message = "%d rows could not be read and were set aside; look at them in %s"
            self._warn(message, result.bad_rows, shown(bad_rows_path))

    def _warn(self, message: str, *values: object) -> None:
        self._logger.warning(f"%s: {message}", self._stream, *values)  # noqa: G004 - a template
