"""What a dry run finds refused, in place of a rejects file."""

from __future__ import annotations

from collections import Counter
from threading import Lock
from typing import TYPE_CHECKING

from typing_extensions import override

from target_clevertap.file_locks import go_on
from target_clevertap.records.own_codes import BY_CODE
from target_clevertap.rejects.file import RejectsFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from target_clevertap.records.record_status import Code
    from target_clevertap.rejects.reject import Reject

Refusal = tuple[str, "Code | None", str]
"""Stream, code and reason."""


class CountedRefusals(RejectsFile):
    """Counts rejects by stream, code and reason; no file is made, renamed or written.

    CleverTap's own words may hold values of a record. So they are shown only where values may be
    shown; else the meaning of the code is.
    """

    def __init__(self, path: Path, *, shows_values: bool) -> None:
        """Count nothing yet.

        Args:
            path: Of the rejects file that a real run would write.
            shows_values: Whether CleverTap's own words may be shown.
        """
        super().__init__(path)
        self.counts: Counter[Refusal] = Counter()
        self._shows_values = shows_values
        self._own: set[str] = set()
        self._counting = Lock()

    def expect(self, reason: str) -> None:
        """Note a reason of our own checks, which holds no value; called before its `append`."""
        self._own.add(reason)

    @override
    def append(self, rejects: Iterable[Reject], check: Callable[[], None] = go_on) -> None:
        with self._counting:
            for reject in rejects:
                code, reason = reject.status.code, reject.status.reason
                if not (self._shows_values or reason in self._own):
                    entry = BY_CODE.get(str(code))
                    reason = "CleverTap refuses it" if entry is None else entry.meaning
                self.counts[reject.origin.name, code, reason] += 1

    @override
    def rename_for_replay(
        self, reading: int | None = None, check: Callable[[], None] = go_on
    ) -> Path | None:
        return None
