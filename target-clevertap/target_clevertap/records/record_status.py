"""What became of a record: the one type for it, from our own checks to the rejects file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

Code: TypeAlias = int | str
"""Why a record is a reject: CleverTap's own number, or a word of ours."""


@dataclass(frozen=True, slots=True, eq=False)
class RecordStatus:
    """What became of a record; those without a code are not rejects."""

    code: Code | None = None
    """Why it is a reject, if it is one."""

    reason: str = ""
    """The same in plain words; CleverTap's own may hold values of the record."""

    is_held: bool = False
    """Whether CleverTap may have it, so that only a replay sends it again."""

    not_sent: str = ""
    """Where it is not sent and not a reject: a word of `NOT_SENT` in `delivery/counts.py`."""

    @classmethod
    def refused(cls, code: Code, reason: str) -> RecordStatus:
        """Return the status of a record that was certainly not taken."""
        return cls(code, reason)

    @classmethod
    def held(cls, code: Code, reason: str) -> RecordStatus:
        """Return the status of a record that CleverTap may have, and nobody knows."""
        return cls(code, reason, is_held=True)

    @property
    def is_reject(self) -> bool:
        """Whether it goes to the rejects file."""
        return self.code is not None

    @property
    def is_refused(self) -> bool:
        """Whether CleverTap certainly did not take it."""
        return self.is_reject and not self.is_held

    @property
    def is_retryable(self) -> bool:
        """Whether another try may succeed: it met an error of CleverTap's own."""
        return self.code == SERVER_ERROR


SERVER_ERROR = 555
"""The one code of a record that may be sent again [D:api-errors]."""

DELIVERED = RecordStatus()
"""CleverTap took it in this run."""

ALREADY_DELIVERED = RecordStatus()
"""CleverTap took it, or an equal one, before."""

HELD_BEFORE = RecordStatus(is_held=True, not_sent="in_rejects")
"""It is in the rejects of an earlier run, as CleverTap may have it."""
