"""What became of one stream's records, in numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from target_clevertap.records.record_status import Code

NOT_SENT = {
    "deleted": "deleted at the source",
    "filtered": "filtered out by stream maps",
    "held_back": "held back by only_if",
    "in_rejects": "in the rejects of an earlier run",
    "not_transferable": "not transferable",
    "unchanged": "unchanged",
}
"""Why a record is not sent without being a reject: a word for the report, and the same in text."""


@dataclass(slots=True)
class StreamCounts:
    """How many records of a stream came to what.

    A record that stream maps copy to another stream counts in each of both.
    """

    received: int = 0
    delivered: int = 0
    """CleverTap processed them."""

    already_delivered: int = 0
    """The ledger, or the same request, had them already."""

    uncertain: int = 0
    """They were in a request of unknown outcome, or are in the rejects since an earlier one."""

    taken_for_resent: int = 0
    """Of those already delivered, rows without a time or a bookmark."""

    rejected: Counter[Code | None] = field(default_factory=Counter)
    """Those in the rejects file by this run, by code."""

    not_sent: Counter[str] = field(default_factory=Counter)
    """By a word of `NOT_SENT`."""

    fixed: Counter[str] = field(default_factory=Counter)
    """Values that were fixed, by kind: of records that are counted above as well."""

    @property
    def rejects(self) -> int:
        """Records in the rejects file by this run."""
        return sum(self.rejected.values())

    @property
    def ended(self) -> int:
        """Records that have come to an end."""
        return self.delivered + self.already_delivered + self.rejects + sum(self.not_sent.values())

    @property
    def not_settled(self) -> int:
        """Records that had not come to an end when the run did; no state passes them."""
        return self.received - self.ended

    def add(self, other: StreamCounts) -> None:
        """Add the counts of another stream."""
        self.received += other.received
        self.delivered += other.delivered
        self.already_delivered += other.already_delivered
        self.uncertain += other.uncertain
        self.taken_for_resent += other.taken_for_resent
        self.rejected.update(other.rejected)
        self.not_sent.update(other.not_sent)
        self.fixed.update(other.fixed)
