"""What became of a record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from target_clevertap.ledger import ledger as ledgers

if TYPE_CHECKING:
    from target_clevertap.records.limits import Code

INTENT_REASON = "an earlier run ended while this record was on its way to CleverTap"


@dataclass(frozen=True, slots=True, eq=False)
class Fate:
    """What became of a record."""

    code: Code | None = None
    """Why it is a reject, if it is one."""

    reason: str = ""
    is_held: bool = False
    """Whether CleverTap may have it, so that it is not sent again by itself."""

    is_delivered: bool = False

    @property
    def is_refused(self) -> bool:
        """Whether CleverTap certainly did not take it."""
        return self.code is not None and not self.is_held


DELIVERED = Fate(is_delivered=True)
ALREADY_DELIVERED = Fate()
HELD_BEFORE = Fate(is_held=True)


def known_fate(state: int) -> Fate:
    """Return what became of a record by its state in the ledger."""
    if state == ledgers.DELIVERED:
        return ALREADY_DELIVERED
    if state == ledgers.HELD:
        return HELD_BEFORE
    return Fate("uncertain", INTENT_REASON, is_held=True)
