"""What is warned of once for each stream when its records show it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from target_clevertap._plugin.shown import shown
from target_clevertap.records.entries import NamedBy
from target_clevertap.records.limit_table import LIST_VALUES
from target_clevertap.records.property_plans import LEFT_OUT_NAMED
from target_clevertap.singer.stream_changes import equal_rows_warning, may_need_equal_rows

if TYPE_CHECKING:
    from collections.abc import Iterable

    from target_clevertap.records.entries import Entry
    from target_clevertap.records.only_if import OnlyIf
    from target_clevertap.singer.streams import Branch

NOTHING = NamedBy.NOTHING
logger = logging.getLogger("target-clevertap")


class RecordWarnings:
    """Warns of each stream once."""

    def __init__(self) -> None:
        self._of_columns: set[str] = set()
        self._of_rows: set[str] = set()
        self._of_flags: set[str] = set()
        self._of_lists: set[tuple[str, str]] = set()
        self._of_fixes: set[tuple[str, str]] = set()

    def warn(self, branch: Branch, entries: Iterable[Entry]) -> None:
        """Warn of what entries of a branch show.

        Args:
            branch: That they are of.
            entries: Made since the last call.
        """
        if NOTHING in [entry.named_by for entry in entries]:
            self._warn_of_equal_rows(branch)
        if branch.builder.left_out:
            self._warn_of_columns(branch)
        if branch.builder.long_lists:
            self._warn_of_lists(branch.origin.name, branch.builder.long_lists)
        if branch.builder.fixes:
            self._note_fixes(branch.origin.name, branch.builder.fixes)
        if branch.builder.only_if is not None:
            self._warn_of_flags(branch, branch.builder.only_if)

    def _warn_of_equal_rows(self, branch: Branch) -> None:
        """Warn of a stream whose records need `equal_rows`."""
        name = branch.origin.name
        if name not in self._of_rows and may_need_equal_rows(branch.builder.spec):
            self._of_rows.add(name)
            logger.warning("%s", equal_rows_warning(name))

    def _warn_of_lists(self, stream: str, columns: Iterable[str]) -> None:
        """Warn of columns of whose lists CleverTap drops the oldest values."""
        for column in columns:
            if (stream, column) not in self._of_lists:
                self._of_lists.add((stream, column))
                logger.warning(
                    "stream %s: column %s has lists of more than %d values, of which CleverTap "
                    "drops the oldest; shorten them at the source if others are to stay",
                    shown(stream),
                    shown(column),
                    LIST_VALUES.most,
                )

    def _note_fixes(self, stream: str, kinds: Iterable[str]) -> None:
        """Log the first fix of each kind in a stream; the summary counts them all."""
        for kind in kinds:
            if (stream, kind) not in self._of_fixes:
                self._of_fixes.add((stream, kind))
                logger.info("stream %s: invalid: fix changes values (%s)", shown(stream), kind)

    def _warn_of_flags(self, branch: Branch, only_if: OnlyIf) -> None:
        """Warn of a stream whose column of `only_if` holds neither true nor false."""
        stream = branch.origin.name
        if only_if.unreadable and stream not in self._of_flags:
            self._of_flags.add(stream)
            logger.warning(
                "stream %s: column %s of its only_if holds a value that is neither true nor false; "
                "such rows are held back. Correct the column at the source or with a stream map",
                shown(stream),
                shown(only_if.column),
            )

    def _warn_of_columns(self, branch: Branch) -> None:
        """Warn of a stream whose records hold columns that its SCHEMA forbids."""
        columns, stream = branch.builder.left_out, branch.origin.name
        if stream in self._of_columns:
            return
        self._of_columns.add(stream)
        named = ", ".join(map(shown, columns[: LEFT_OUT_NAMED - 1]))
        more = " and others" if len(columns) >= LEFT_OUT_NAMED else ""
        logger.warning(
            "stream %s: its SCHEMA does not allow %s%s, which its records hold; such columns are "
            "not sent. Select them in the tap if they are to be",
            shown(stream),
            named,
            more,
        )
