"""What a run did: counters, and the line that it logs at its end."""

from __future__ import annotations

import threading
import time
from collections import Counter
from typing import TYPE_CHECKING

from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Iterable

    from target_clevertap.records.record_status import Code


class Summary:
    """Counts records by what became of them; may be used from any thread."""

    def __init__(self) -> None:
        """Begin to count, and the clock."""
        self.delivered = 0
        self.already_delivered = 0
        self.rejected: Counter[Code | None] = Counter()
        self.uncertain = 0
        self.retried = 0
        self.taken_for_resent = 0
        self.deleted = 0
        self._began = time.monotonic()
        self._lock = threading.Lock()

    def count(  # noqa: PLR0913 - one for each status
        self,
        *,
        delivered: int = 0,
        already_delivered: int = 0,
        uncertain: int = 0,
        retried: int = 0,
        taken_for_resent: int = 0,
        deleted: int = 0,
    ) -> None:
        """Add to the counts.

        Args:
            delivered: Records that CleverTap processed.
            already_delivered: Records that the ledger or the same request had already.
            uncertain: Records of requests whose outcome is unknown.
            retried: Requests that were sent again.
            taken_for_resent: Of those already delivered, rows without a time or a bookmark.
            deleted: Rows that were deleted at the source, which are not sent.
        """
        with self._lock:
            self.delivered += delivered
            self.already_delivered += already_delivered
            self.uncertain += uncertain
            self.retried += retried
            self.taken_for_resent += taken_for_resent
            self.deleted += deleted

    def count_rejects(self, codes: Iterable[Code | None]) -> None:
        """Add records that are in the rejects file now."""
        with self._lock:
            self.rejected.update(codes)

    @property
    def records(self) -> int:
        """Records that have come to an end."""
        return self.delivered + self.already_delivered + self.rejects

    @property
    def rejects(self) -> int:
        """Records in the rejects file by this run."""
        return sum(self.rejected.values())

    @override
    def __str__(self) -> str:
        seconds = max(time.monotonic() - self._began, 0.001)
        codes = ", ".join(
            f"{code}: {count}" for code, count in sorted(self.rejected.items(), key=_code)
        )
        resent = f", taken for sent again {self.taken_for_resent}" if self.taken_for_resent else ""
        deleted = f", deleted at the source {self.deleted} (not sent)" if self.deleted else ""
        rate = (self.records + self.deleted) / seconds
        return (
            f"delivered {self.delivered}, already delivered {self.already_delivered}, "
            f"rejected {self.rejects}{f' ({codes})' if codes else ''}, uncertain {self.uncertain}, "
            f"retried {self.retried}{resent}{deleted}, in {seconds:.1f} s, {rate:.0f} records/s"
        )


def _code(counted: tuple[Code | None, int]) -> str:
    return str(counted[0])
