"""The names of one batch in the ledger: claimed before its first request, settled after each."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from target_clevertap.ledger.claim import Former, NameState
from target_clevertap.records.entries import NamedBy
from target_clevertap.records.record_status import (
    ALREADY_DELIVERED,
    DELIVERED,
    HELD_BEFORE,
    RecordStatus,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from target_clevertap.delivery.lanes import Source
    from target_clevertap.ledger.claim import Claim
    from target_clevertap.ledger.ledger import Ledger
    from target_clevertap.records.entries import Entry

NAMED_ANEW = (NamedBy.BOOKMARK, NamedBy.NUMBER)
"""What tells a record from equal ones that earlier releases took for the same."""

CUT_SHORT = RecordStatus.held(
    "uncertain", "an earlier run ended while this record was on its way to CleverTap"
)


class BatchClaim:
    """One batch's claim on its names; without a ledger it does nothing.

    - One thread uses it. The ledger has the lock.
    - Places are those of records in the batch.
    - Where a run ends before a record does, its name stays claimed: the next run finds it so.
    """

    def __init__(self, ledger: Ledger | None, entries: Sequence[Entry]) -> None:
        """Claim nothing yet.

        Args:
            ledger: Where names are claimed; None if the run has none.
            entries: Of the batch.
        """
        self.claim: Claim | None = None
        self.recorded: set[int] = set()
        """Records that the ledger knows as delivered."""

        self._ledger = ledger
        self._entries = entries
        self._claimed: list[int] = []

    def begin(
        self, firsts: Mapping[bytes, int], sources: Sequence[Source], *, resend: bool
    ) -> dict[int, RecordStatus]:
        """Claim names, and return the status of the records that need not be sent.

        Args:
            firsts: The place of each name's first record.
            sources: One for each entry.
            resend: Whether a record that was on its way when a run ended is sent again.

        Raises:
            UploadStopped: When the ledger cannot be written.
        """
        if self._ledger is None or not firsts:
            return {}
        replayed = {
            name
            for entry, source in zip(self._entries, sources, strict=True)
            if source.is_doubtful and (name := entry.name) is not None
        }
        self.claim = self._ledger.claim(
            list(firsts), replayed, resend=resend, former=self._former(firsts)
        )
        return {firsts[name]: _known(state) for name, state in self.claim.known.items()}

    def add(self, places: Sequence[int]) -> None:
        """Note which records are sent under the claim."""
        entries = self._entries
        self._claimed += [place for place in places if entries[place].name is not None]

    def settle(self, statuses: Mapping[int, RecordStatus], remaining: AbstractSet[int]) -> None:
        """Write down what is delivered, and what stays claimed.

        Args:
            statuses: Of the records that have one by now.
            remaining: Records that CleverTap may have, or will be sent. Records for the rejects
                file stay claimed until they are in it.

        Raises:
            UploadStopped: When the ledger cannot be written.
        """
        if self.claim is None or self._ledger is None or not self._claimed:
            return
        delivered = [
            place
            for place, status in statuses.items()
            if status is DELIVERED and place not in self.recorded
        ]
        claimed = [place for place in self._claimed if place in remaining]
        if not delivered and claimed == self._claimed:
            return
        self._claimed = claimed
        self.recorded.update(delivered)
        self._ledger.settle(
            self.claim, delivered=self._names(delivered), remaining=self._names(claimed)
        )

    def count_streams(self, sources: Sequence[Source]) -> None:
        """Add the delivered records to the ledger's counts, stream by stream.

        Args:
            sources: One for each entry.
        """
        if self._ledger is None or self.claim is None:
            return
        entries = self._entries
        named = [place for place in self.recorded if entries[place].name is not None]
        delivered = Counter([sources[place].origin for place in named])
        streams: Counter[tuple[str, str | None]] = Counter()
        for origin, records in delivered.items():
            streams[origin.stream, origin.alias] += records
        self._ledger.count(streams)

    def _former(self, firsts: Mapping[bytes, int]) -> dict[bytes, Former]:
        """Return what an earlier release called the records of these names."""
        formers = [entry.former for entry in self._entries]
        if formers.count(None) == len(formers):
            return {}
        entries = ((name, self._entries[place]) for name, place in firsts.items())
        return {
            name: Former(entry.former, entry.named_by in NAMED_ANEW)
            for name, entry in entries
            if entry.former is not None
        }

    def _names(self, places: Sequence[int]) -> list[bytes]:
        entries = self._entries
        return [name for place in places if (name := entries[place].name) is not None]


def _known(state: int) -> RecordStatus:
    """Return what became of a record by its state in the ledger."""
    if state == NameState.DELIVERED:
        return ALREADY_DELIVERED
    return HELD_BEFORE if state == NameState.HELD else CUT_SHORT
