"""What the pure core raises: one record that cannot be sent."""

from __future__ import annotations

from target_clevertap.records.record_status import Code, RecordStatus


class RecordRefusedError(Exception):
    """One record that CleverTap would not take; it goes to the rejects, and the run goes on."""

    def __init__(self, code: Code, reason: str) -> None:
        """Say why.

        Args:
            code: CleverTap's number where it has one, else a word of ours.
            reason: In plain words: it names columns and limits, never the record's values.
        """
        super().__init__(reason)
        # a column's name may hold half a surrogate pair, which no file could hold
        self.status = RecordStatus.refused(code, reason.encode(errors="replace").decode())

    @property
    def code(self) -> Code | None:
        """CleverTap's number where it has one, else a word of ours."""
        return self.status.code

    @property
    def reason(self) -> str:
        """In plain words, without the record's values."""
        return self.status.reason
