"""What became of a batch, record by record, in the form in which it is written down."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from target_clevertap.records.record_status import ALREADY_DELIVERED, DELIVERED
from target_clevertap.rejects.reject import Reject

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from target_clevertap.delivery.checkpoints import Segment
    from target_clevertap.delivery.lanes import Source
    from target_clevertap.ledger.claim import Claim
    from target_clevertap.records.entries import Entry
    from target_clevertap.records.record_status import RecordStatus


class RefusedRecord(NamedTuple):
    """A record that was certainly not taken, and the segment that waits for it."""

    segment: Segment
    reject: Reject


@dataclass(slots=True)
class BatchResult:
    """What a batch's records came to, to be written down and then counted as settled."""

    segments: list[Segment]
    """Of all records but the refused."""

    delivered_by: Mapping[str, int] = field(default_factory=dict)
    """How many records CleverTap took, by stream."""

    already_delivered_by: Mapping[str, int] = field(default_factory=dict)
    not_sent: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """How many records are neither of these nor rejects, by stream and reason."""

    rejects: list[Reject] = field(default_factory=list)
    """What is written down at once: CleverTap may have these records."""

    refused: list[RefusedRecord] = field(default_factory=list)
    """What the circuit breaker may hold back."""

    settled: Mapping[str, int] = field(default_factory=dict)
    """How many records of each stream the batch had; empty where all were delivered."""

    claim: Claim | None = None
    held: list[bytes] = field(default_factory=list)
    """Names that the ledger holds as soon as the rejects are written."""

    @property
    def delivered(self) -> int:
        """How many records CleverTap took."""
        return sum(self.delivered_by.values())

    @property
    def already_delivered(self) -> int:
        """How many records it had already."""
        return sum(self.already_delivered_by.values())

    def with_refused(self, released: list[RefusedRecord]) -> BatchResult:
        """Return what is to be written down, with refused records of earlier batches first."""
        own = {id(reject) for _, reject in self.refused}
        rejects = [reject for _, reject in released]
        earlier = [reject for reject in rejects if id(reject) not in own]
        of_batch = [*self.rejects, *(reject for reject in rejects if id(reject) in own)]
        return replace(
            self,
            segments=[*self.segments, *(segment for segment, _ in released)],
            rejects=[*earlier, *sorted(of_batch, key=lambda reject: reject.place)],
        )


def result_of(
    entries: Sequence[Entry],
    sources: Sequence[Source],
    statuses: Mapping[int, RecordStatus],
    claim: Claim | None,
) -> BatchResult:
    """Return what became of a batch.

    Args:
        entries: Of the batch.
        sources: One for each entry.
        statuses: What became of each record, by its place in the batch.
        claim: On their names in the ledger.
    """
    segments = [source.segment for source in sources]
    counts = Counter(statuses.values())
    streams = [source.origin.name for source in sources]
    if counts[DELIVERED] == len(segments):
        return BatchResult(segments, delivered_by=Counter(streams), claim=claim)

    def reject(place: int) -> Reject:
        return Reject(sources[place].origin, entries[place].raw, statuses[place], place)

    def streams_with(sought: RecordStatus) -> Counter[str]:
        return Counter([streams[place] for place, status in ended if status is sought])

    ended = sorted(statuses.items())
    refused = [place for place, status in ended if status.is_refused]
    held = [place for place, status in ended if status.is_reject and status.is_held]
    return BatchResult(
        [segment for place, segment in enumerate(segments) if not statuses[place].is_refused],
        delivered_by=streams_with(DELIVERED),
        already_delivered_by=streams_with(ALREADY_DELIVERED),
        not_sent=Counter(
            [(streams[place], status.not_sent) for place, status in ended if status.not_sent]
        ),
        rejects=[reject(place) for place in held],
        refused=[RefusedRecord(segments[place], reject(place)) for place in refused],
        settled=Counter(streams),
        claim=claim,
        held=[name for place in held if (name := entries[place].name) is not None],
    )
