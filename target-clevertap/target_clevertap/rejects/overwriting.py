"""Which profiles among rejects may be older than what CleverTap has by now."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_clevertap.records.mapping import RecordUser
    from target_clevertap.rejects.lines import RejectLine

OLD = dt.timedelta(hours=1)


class _Profile(NamedTuple):
    is_chosen: bool
    time: Any
    """In the column by which its tap continues; None where there is none."""


class Overwriting:
    """Looks at the profiles of a rejects file, in the order of their lines.

    - A profile is older than another of its user that has a later time.
    - It is older, too, than one that was rejected later and is not sent now: CleverTap may have it.
    """

    def __init__(self, now: dt.datetime) -> None:
        """Look at nothing yet.

        Args:
            now: With a time zone.
        """
        self._now = now
        self._bookmarks: dict[str, tuple[str, ...]] = {}
        self._users: defaultdict[int, list[_Profile]] = defaultdict(list)
        self._old = 0

    def note(self, line: RejectLine) -> None:
        """Note a SCHEMA."""
        self._bookmarks[line.stream] = line.bookmarks

    def look(self, line: RejectLine, user: RecordUser | None, *, is_chosen: bool) -> None:
        """Look at a reject.

        Args:
            line: The reject.
            user: That it would create; None where nobody knows.
            is_chosen: Whether it is sent now.
        """
        if user is None or not user.is_profile:
            return
        self._old += is_chosen and self._is_old(line.rejected_at)
        record = line.decoded()
        times = [record.get(name) for name in self._bookmarks.get(line.stream, ())]
        profile = _Profile(is_chosen, times[0] if times else None)
        self._users[hash(user.keys[0])].append(profile)

    def warnings(self) -> Iterator[str]:
        """Yield a message for each kind of profile that may overwrite newer values."""
        if self._old:
            yield (
                f"{self._old} profiles were rejected more than an hour ago: if newer ones of their "
                "users were sent since, these overwrite them; send the newest again afterwards"
            )
        if older := sum(map(_older, self._users.values())):
            yield (
                f"{older} profiles are older than another of their user in the file, and overwrite "
                "newer values; send the newest again afterwards"
            )

    def _is_old(self, rejected_at: str) -> bool:
        try:
            moment = dt.datetime.fromisoformat(rejected_at.replace("Z", "+00:00"))
            return self._now - moment > OLD
        except (ValueError, TypeError, OverflowError):
            return True  # nobody knows how old it is


def _older(profiles: list[_Profile]) -> int:
    """Return how many of a user's chosen profiles are older than another one."""
    older, latest = set(), None
    for place, profile in enumerate(profiles):
        if _is_before(profile.time, latest) and profile.is_chosen:
            older.add(place)
        if latest is None or _is_before(latest, profile.time):
            latest = profile.time
    is_left = False
    for place in range(len(profiles) - 1, -1, -1):
        if profiles[place].is_chosen and is_left:
            older.add(place)
        is_left = is_left or not profiles[place].is_chosen
    return len(older)


def _is_before(one: Any, other: Any) -> bool:  # noqa: ANN401 - any JSON value
    are_texts = isinstance(one, str) and isinstance(other, str)
    are_numbers = _is_number(one) and _is_number(other)
    return bool(one < other) if are_texts or are_numbers else False


def _is_number(value: Any) -> bool:  # noqa: ANN401 - any JSON value
    """Tell whether a value can be compared with numbers: NaN cannot."""
    return isinstance(value, int) or (isinstance(value, Decimal) and not value.is_nan())
