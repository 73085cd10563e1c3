"""Events of which no user came: CleverTap's count of users tells whether there are some."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from tap_clevertap.config.event_names import list_names
from tap_clevertap.counts.question import USERS
from tap_clevertap.counts.tasks import CountOptions, Recount, Recounted
from tap_clevertap.errors import GapError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_clevertap.exports.windows import Window
    from tap_clevertap.receipt.receipt import Receipt

logger = logging.getLogger("tap-clevertap")


class UserCounts:
    """Asks for the number of users of events whose exports had no row.

    An export of users has no total of each day, and CleverTap may merge users at any time. So fewer
    users than counted prove nothing, but none at all do.

    Args:
        options: What the requests for counts share.
        receipt: Has the totals of this run, and gets the events without users.
    """

    def __init__(self, options: CountOptions, receipt: Receipt) -> None:
        self._options = options
        self._receipt = receipt

    def tasks(self, windows: Mapping[str, Window]) -> list[Recount]:
        """Return the counts to ask for.

        Args:
            windows: The closed days of each event without a row.
        """
        return [
            Recount(name, days, self._options, path=USERS)
            for name, days in windows.items()
            if days.days and self._may_have_users(name, days)
        ]

    def take(self, result: Recounted) -> None:
        """Take a count; one that did not arrive proves nothing."""
        if result.count:
            self._receipt.absent_users[result.task.event_name] = result.count

    def report(self, *, fail: bool) -> None:
        """Log the events of which no user came.

        Raises:
            GapError: If there are any, and `verify_counts` is `fail`.
        """
        names = list_names(sorted(self._receipt.absent_users))
        if not names:
            return
        message = (
            f"profiles: no user came of {names}, though CleverTap counts some, so the next run "
            "reads the same days of them"
        )
        if fail:
            error = f"{message}; run again, or set verify_counts to warn"
            raise GapError(error)
        logger.warning("%s", message)

    def _may_have_users(self, name: str, days: Window) -> bool:
        """Return whether the totals of this run have rows, or do not have all of the days."""
        event = self._receipt.events.get(name)
        found = event.days if event is not None else {}
        counted = [found[day].counted if day in found else None for day in days.each()]
        return None in counted or any(counted)
