"""What a run did: counters, and the line that it logs at its end."""

from __future__ import annotations

import threading
import time
from collections import Counter
from copy import deepcopy
from typing import TYPE_CHECKING

from typing_extensions import override

from target_clevertap.delivery.counts import NOT_SENT, StreamCounts
from target_clevertap.report.request_figures import RequestFigures

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from target_clevertap.import_files.figures import FileFigures
    from target_clevertap.records.record_status import Code


class Summary:
    """Counts records by what became of them, stream by stream; may be used from any thread.

    - A stream has the name its rule is under.
    - Counts are added for many records at once: nothing of it is done for each record.
    - Each record is counted as received, and once more at its end: `StreamCounts.ended`.
    """

    def __init__(self) -> None:
        """Begin to count, and the clock."""
        self.requests = RequestFigures()
        """Figures of requests, which the clients count."""

        self.files: FileFigures | None = None
        """Figures of files; None where records go to the API."""

        self._streams: dict[str, StreamCounts] = {}
        self._retries: Counter[str] = Counter()
        self._began = time.monotonic()
        self._lock = threading.Lock()

    def count_received(self, stream: str, records: int) -> None:
        """Add records that are on their way now, or rejects by our own checks."""
        with self._lock:
            self._of(stream).received += records

    def count_left_out(self, stream: str, reason: str, records: int = 1) -> None:
        """Add records that came and are not sent, nor rejects; not those counted as received.

        Args:
            stream: Of the records.
            reason: A word of `NOT_SENT`.
            records: How many.
        """
        with self._lock:
            counts = self._of(stream)
            counts.received += records
            counts.not_sent[reason] += records

    def count_not_sent(self, not_sent: Mapping[tuple[str, str], int]) -> None:
        """Add records that were received, and then not sent.

        Args:
            not_sent: How many by stream and a word of `NOT_SENT`.
        """
        with self._lock:
            for (stream, reason), records in not_sent.items():
                self._of(stream).not_sent[reason] += records

    def count_fixed(self, stream: str, kinds: Mapping[str, int]) -> None:
        """Add values that were fixed, by kind; their records are counted as all others are."""
        with self._lock:
            self._of(stream).fixed.update(kinds)

    def count_delivered(self, streams: Mapping[str, int]) -> None:
        """Add records that CleverTap processed, by stream."""
        if not streams:
            return
        with self._lock:
            for stream, records in streams.items():
                self._of(stream).delivered += records
        self.requests.count_delivered(sum(streams.values()))

    def count_already_delivered(self, streams: Mapping[str, int]) -> None:
        """Add records that the ledger or the same request had already, by stream."""
        with self._lock:
            for stream, records in streams.items():
                self._of(stream).already_delivered += records

    def count_taken_for_resent(self, streams: Mapping[str, int]) -> None:
        """Add those already delivered that are rows without a time or a bookmark, by stream."""
        with self._lock:
            for stream, records in streams.items():
                self._of(stream).taken_for_resent += records

    def count_uncertain(self, streams: Mapping[str, int]) -> None:
        """Add records of requests whose outcome is unknown, by stream."""
        with self._lock:
            for stream, records in streams.items():
                self._of(stream).uncertain += records

    def count_rejects(self, rejects: Iterable[tuple[str, Code | None]]) -> None:
        """Add records that are in the rejects file now, each by its stream and code."""
        with self._lock:
            for stream, code in rejects:
                self._of(stream).rejected[code] += 1

    def count_retry(self, cause: str) -> None:
        """Add a request that is sent again, by a word for its cause."""
        with self._lock:
            self._retries[cause] += 1

    @property
    def streams(self) -> dict[str, StreamCounts]:
        """The counts as they are now, by stream."""
        with self._lock:
            return deepcopy(self._streams)

    @property
    def total(self) -> StreamCounts:
        """The counts of all streams as they are now."""
        total = StreamCounts()
        with self._lock:
            for counts in self._streams.values():
                total.add(counts)
        return total

    @property
    def retries(self) -> Counter[str]:
        """Requests that were sent again, by cause."""
        with self._lock:
            return self._retries.copy()

    @property
    def retried(self) -> int:
        """Requests that were sent again."""
        return self.retries.total()

    @property
    def uncertain(self) -> int:
        """Records of requests whose outcome is unknown."""
        return self.total.uncertain

    @property
    def records(self) -> int:
        """Records that have come to an end in CleverTap or in the rejects file."""
        total = self.total
        return total.delivered + total.already_delivered + total.rejects

    @property
    def rejects(self) -> int:
        """Records in the rejects file by this run."""
        return self.total.rejects

    @property
    def seconds(self) -> float:
        """How long the run has taken so far."""
        return max(time.monotonic() - self._began, 0.001)

    @override
    def __str__(self) -> str:
        total, seconds = self.total, self.seconds
        return (
            f"delivered {total.delivered}, already delivered {total.already_delivered}, "
            f"rejected {total.rejects}{_kinds(total.rejected)}, uncertain {total.uncertain}, "
            f"retried {self.retried}{''.join(_further(total))}, in {seconds:.1f} s, "
            f"{total.ended / seconds:.0f} records/s"
        )

    def _of(self, stream: str) -> StreamCounts:
        counts = self._streams.get(stream)
        if counts is None:
            counts = self._streams[stream] = StreamCounts()
        return counts


def _further(total: StreamCounts) -> Iterable[str]:
    """Return the parts of the line that only some runs have."""
    if total.taken_for_resent:
        yield f", taken for sent again {total.taken_for_resent}"
    for reason, records in sorted(total.not_sent.items()):
        yield f", {NOT_SENT.get(reason, reason)} {records} (not sent)"
    if total.fixed:
        yield f", fixed {total.fixed.total()}{_kinds(total.fixed)}"
    if total.not_settled:
        yield f", not settled {total.not_settled}"


def _kinds(counts: Mapping[Code | None, int] | Mapping[str, int]) -> str:
    kinds = ", ".join(f"{kind}: {count}" for kind, count in sorted(counts.items(), key=_word))
    return f" ({kinds})" if kinds else ""


def _word(counted: tuple[object, int]) -> str:
    return str(counted[0])
