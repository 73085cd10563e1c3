"""Recognises rejects of users who were deleted since: sent again, they would create them anew."""

from __future__ import annotations

import datetime as dt
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from target_clevertap.deletes.receipts import hashed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from target_clevertap.deletes.receipts import DeletionReceipt
    from target_clevertap.records.mapping import RecordUser
    from target_clevertap.rejects.lines import RejectLine

EARLIEST = dt.datetime.min.replace(tzinfo=dt.timezone.utc)


class Withheld(Enum):
    """Why a reject is not to be sent again; the value is for the warning."""

    DELETED = (
        "are of users who were deleted since, and stay there: sent again, they would create these "
        "users anew"
    )
    UNKNOWN = (
        "have no user by the settings as they are now, and stay there: users were deleted since, "
        "and these may be theirs; correct the rule, the stream map or the record"
    )


class _Deletion(NamedTuple):
    at: dt.datetime
    salt: str
    users: frozenset[str]


class DeletedUsers:
    """Looks rejects up in the receipts of deletions."""

    def __init__(self, receipts: Iterable[DeletionReceipt]) -> None:
        """Look at nothing yet.

        Args:
            receipts: Of all deletions.
        """
        self._deletions = [
            _Deletion(_moment(each.at), each.salt, frozenset(each.identities)) for each in receipts
        ]
        self._latest = max((each.at for each in self._deletions), default=EARLIEST)
        self._deleted_at: dict[str, dt.datetime] = {}

    def withheld(self, line: RejectLine, user: RecordUser | None) -> Withheld | None:
        """Return why a reject is not to be sent again; None where nothing is against it.

        Args:
            line: The reject.
            user: That it would create; None where nobody knows.
        """
        rejected_at = _moment(line.rejected_at)
        if self._latest < rejected_at:
            return None
        if user is None:
            return Withheld.UNKNOWN
        is_deleted = any(self._last_deletion(_text(key)) >= rejected_at for key in user.keys)
        return Withheld.DELETED if is_deleted else None

    def _last_deletion(self, user: str) -> dt.datetime:
        found = self._deleted_at.get(user)
        if found is None:
            moments = (each.at for each in self._deletions if hashed(each.salt, user) in each.users)
            # a user who was never deleted comes before every reject, also one without a moment
            found = self._deleted_at[user] = max(moments, default=EARLIEST)
        return found


def _text(key: str) -> str:
    """Return the text of a user key, whatever its type: to keep one too many does no harm."""
    return key.partition("\0")[2].strip()


def _moment(text: str) -> dt.datetime:
    """Return a moment; for what is none the earliest after that of no deletion."""
    try:
        moment = dt.datetime.fromisoformat(text.replace("Z", "+00:00"))
    except (ValueError, TypeError):
        return EARLIEST + dt.timedelta(seconds=1)
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.timezone.utc)
