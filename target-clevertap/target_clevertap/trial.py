"""The first answers on trial: when CleverTap refuses everything alike, the set-up is wrong."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from target_clevertap.errors import UploadStopped

if TYPE_CHECKING:
    from collections.abc import Iterable

    from target_clevertap.checkpoints import Segment
    from target_clevertap.checks import Code
    from target_clevertap.ledger import Claim
    from target_clevertap.rejects import Reject

BATCHES_ON_TRIAL = 3


@dataclass(slots=True)
class Settlement:
    """What a batch's records came to, to be written down and then counted as settled."""

    segments: list[Segment]
    delivered: int = 0
    already_delivered: int = 0
    rejects: list[Reject] = field(default_factory=list)
    refused_with: Code | None = None
    """The one code with which CleverTap refused every record it was sent."""

    claim: Claim | None = None
    held: list[bytes] = field(default_factory=list)
    """Names to be held in the ledger as soon as the rejects are written."""


class Trial:
    """Holds back wholly refused batches until it is known that the set-up is not to blame.

    They are released when a record was delivered, when three batches came with different codes,
    or when the input ended with little in it: a few bad records are no wrong set-up. While they
    hold less than a full batch together, they wait for what comes.
    """

    def __init__(self, rows: int) -> None:
        """Begin the trial.

        Args:
            rows: Records in a batch at most.
        """
        self._enough = rows
        self._few = (BATCHES_ON_TRIAL - 1) * rows
        self._held: list[Settlement] = []
        self._is_over = False
        self._is_input_ended = False
        self._lock = threading.Lock()

    def judge(self, settlement: Settlement) -> list[Settlement]:
        """Return the settlements that may be written down now.

        Raises:
            UploadStopped: When the set-up is to blame; the held ones are never written down.
        """
        with self._lock:
            if self._is_over:
                return [settlement]
            if settlement.refused_with is None:
                return self._release(settlement) if settlement.delivered else [settlement]
            self._held.append(settlement)
            if len(self._held) < BATCHES_ON_TRIAL:
                return []
            if len({held.refused_with for held in self._held}) > 1:
                return self._release()
            records = sum(len(held.segments) for held in self._held)
            if records < self._enough or (self._is_input_ended and records <= self._few):
                return []
            raise UploadStopped(_advice(settlement.rejects, len(self._held)))

    def input_ended(self) -> None:
        """Note that no more records will come than are on their way."""
        with self._lock:
            self._is_input_ended = True

    def release(self) -> list[Settlement]:
        """End the trial, for everything was answered."""
        with self._lock:
            return self._release()

    def _release(self, *more: Settlement) -> list[Settlement]:
        released, self._held, self._is_over = [*self._held, *more], [], True
        return released


def _advice(rejects: Iterable[Reject], batches: int) -> str:
    first = next(iter(rejects))
    return (
        f"CleverTap refused every record of the first {batches} requests with code {first.code} "
        f"(stream {first.origin.stream}); the rule or the project is more likely wrong than the "
        "records. None of them is in the rejects file, and the state does not pass them"
    )
