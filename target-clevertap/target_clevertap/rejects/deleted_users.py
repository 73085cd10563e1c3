"""Recognises rejects of users who were deleted since: sent again, they would create them anew."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, NamedTuple

from target_clevertap.deletes.receipts import hashed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from target_clevertap.deletes.receipts import DeletionReceipt
    from target_clevertap.rejects.lines import RejectLine
    from target_clevertap.rules.rule import Rule

OF_TAP = ("identity", "object_id")
"""Columns with the user in the streams of tap-clevertap."""
CALLS = ("delete", "disassociate", "subscription")
"""Types of rules whose records create no user."""
EARLIEST = dt.datetime.min.replace(tzinfo=dt.timezone.utc)


class _Deletion(NamedTuple):
    at: dt.datetime
    salt: str
    users: frozenset[str]


class DeletedUsers:
    """Looks rejects up in the receipts of deletions."""

    def __init__(self, rules: Mapping[str, Rule], receipts: Iterable[DeletionReceipt]) -> None:
        """Look at nothing yet.

        Args:
            rules: By the name of their stream.
            receipts: Of all deletions.
        """
        self._rules = rules
        self._deletions = [
            _Deletion(_moment(each.at), each.salt, frozenset(each.identities)) for each in receipts
        ]
        self._deleted_at: dict[str, dt.datetime] = {}

    def holds(self, line: RejectLine) -> bool:
        """Return whether the user of a reject was deleted after it was rejected."""
        if not self._deletions:
            return False
        record = line.decoded()
        if not isinstance(record, dict):
            return False
        users = [str(record[each]) for each in self._columns(line) if record.get(each) is not None]
        return bool(users) and self._last_deletion(users[0]) >= _moment(line.rejected_at)

    def _columns(self, line: RejectLine) -> tuple[str, ...]:
        """Return the columns that may hold the user; the first with a value counts."""
        rule = self._rules.get(line.name)
        if rule is None:
            return OF_TAP
        if rule.type in CALLS:
            return ()
        if rule.shape is None:
            return (rule.identity,)
        shapes = [each.shape for each in rule.shape.kinds.values() if each.shape] or [rule.shape]
        return tuple(column for each in shapes for column in (*each.identity, *each.anonymous))

    def _last_deletion(self, user: str) -> dt.datetime:
        found = self._deleted_at.get(user)
        if found is None:
            moments = (
                each.at for each in self._deletions if hashed(each.salt, user.strip()) in each.users
            )
            # a user who was never deleted comes before every reject, also one without a moment
            found = self._deleted_at[user] = max(moments, default=EARLIEST)
        return found


def _moment(text: str) -> dt.datetime:
    """Return a moment; for what is none the earliest after that of no deletion."""
    try:
        moment = dt.datetime.fromisoformat(text.replace("Z", "+00:00"))
    except (ValueError, TypeError):
        return EARLIEST + dt.timedelta(seconds=1)
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.timezone.utc)
