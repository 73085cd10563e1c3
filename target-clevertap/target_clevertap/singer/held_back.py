"""Rows that `only_if` of a rule holds back: they are counted, and neither sent nor rejected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from target_clevertap.delivery.summary import Summary
    from target_clevertap.singer.plain_records import PlainRecords
    from target_clevertap.singer.record_warnings import RecordWarnings
    from target_clevertap.singer.streams import Branch

REASON = "held_back"
"""The word of the summary for these rows."""


class HeldBack:
    """Holds rows back by the rules of their branches."""

    def __init__(self, summary: Summary, warnings: RecordWarnings) -> None:
        """Hold nothing back yet.

        Args:
            summary: Counts the rows.
            warnings: Names columns that hold neither true nor false.
        """
        self._summary = summary
        self._warnings = warnings

    def holds(self, branch: Branch, record: dict[str, Any]) -> bool:
        """Tell whether a record is held back; count it then.

        Args:
            branch: Whose rule decides.
            record: After its stream map.
        """
        only_if = branch.builder.only_if
        if only_if is None or only_if.sends(record):
            return False
        self._count(branch, 1)
        return True

    def without(self, branch: Branch, found: PlainRecords) -> PlainRecords:
        """Return the records that are sent; count the others."""
        only_if = branch.builder.only_if
        if only_if is None:
            return found
        sent = only_if.sent_of(found.records)
        if held_back := len(found.records) - len(sent):
            self._count(branch, held_back)
            found.records = [found.records[index] for index in sent]
            found.raws = [found.raws[index] for index in sent]
        return found

    def _count(self, branch: Branch, records: int) -> None:
        self._summary.count_left_out(branch.origin.name, REASON, records)
        self._warnings.warn(branch, ())
