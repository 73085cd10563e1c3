"""The users of one batch whose profiles the ledger compares: claimed before, settled after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_clevertap.records.entries import ProfileChange
from target_clevertap.records.record_status import DELIVERED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from target_clevertap.ledger.ledger import Ledger
    from target_clevertap.records.entries import Entry
    from target_clevertap.records.record_status import RecordStatus


class ProfileClaim:
    """One batch's claim on its users; without any whose profiles are compared it does nothing.

    - One thread uses it. The ledger has the lock.
    - Where a run ends before the batch does, its users stay claimed: they count as changed.
    """

    def __init__(self, ledger: Ledger | None, entries: Sequence[Entry]) -> None:
        """Claim nothing yet.

        Args:
            ledger: Where users are claimed; None if the run has none.
            entries: Of the batch.
        """
        self._profiles = None if ledger is None else ledger.profiles
        self._entries = entries
        self._changes: dict[int, ProfileChange] = {}
        self._claim: int | None = None

    def begin(self) -> None:
        """Claim the users.

        Raises:
            UploadStopped: When the ledger cannot be written.
        """
        if self._profiles is None or not self._profiles.is_noted:
            return
        changes = ((place, entry.change) for place, entry in enumerate(self._entries))
        self._changes = {place: change for place, change in changes if change is not None}
        if self._changes:
            self._claim = self._profiles.claim([*self._changes.values()])

    def settle(self, statuses: Mapping[int, RecordStatus]) -> None:
        """Note which profiles were delivered.

        Args:
            statuses: What became of each record, by its place in the batch.

        Raises:
            UploadStopped: When the ledger cannot be written.
        """
        if self._profiles is None or self._claim is None:
            return
        changes = self._changes
        doubtful = {
            change.user for place, change in changes.items() if statuses[place] is not DELIVERED
        }
        settled = [
            ProfileChange(change.user) if change.user in doubtful else change
            for change in changes.values()
        ]
        self._profiles.settle(self._claim, settled, is_whole=not doubtful)
