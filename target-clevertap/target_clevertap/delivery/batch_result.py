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

    delivered: int = 0
    already_delivered: int = 0
    rejects: list[Reject] = field(default_factory=list)
    """What is written down at once: CleverTap may have these records."""

    refused: list[RefusedRecord] = field(default_factory=list)
    """What the circuit breaker may hold back."""

    delivered_of: frozenset[str] = frozenset()
    """The streams of which CleverTap took records."""

    settled: Mapping[str, int] = field(default_factory=dict)
    """How many records of each stream the batch had; empty where all were delivered."""

    claim: Claim | None = None
    held: list[bytes] = field(default_factory=list)
    """Names that the ledger holds as soon as the rejects are written."""

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
    if counts[DELIVERED] == len(segments):
        names = frozenset(source.origin.name for source in sources)
        return BatchResult(segments, delivered=len(segments), delivered_of=names, claim=claim)

    def reject(place: int) -> Reject:
        return Reject(sources[place].origin, entries[place].raw, statuses[place], place)

    streams = [source.origin.name for source in sources]
    ended = sorted(statuses.items())
    refused = [place for place, status in ended if status.is_refused]
    held = [place for place, status in ended if status.is_reject and status.is_held]
    return BatchResult(
        [segment for place, segment in enumerate(segments) if not statuses[place].is_refused],
        delivered=counts[DELIVERED],
        already_delivered=counts[ALREADY_DELIVERED],
        rejects=[reject(place) for place in held],
        refused=[RefusedRecord(segments[place], reject(place)) for place in refused],
        delivered_of=frozenset(streams[place] for place, status in ended if status is DELIVERED),
        settled=Counter(streams),
        claim=claim,
        held=[name for place in held if (name := entries[place].name) is not None],
    )
