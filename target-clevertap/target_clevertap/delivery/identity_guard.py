"""The guard against a wrong identity column: it stops a stream most of whose users are new.

A rule that names the wrong column makes a new profile of each row, which nobody gets rid of easily.
So the first users of a stream are looked up before anything of it is sent.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from target_clevertap._plugin.shown import shown, visible
from target_clevertap.api.lookups import KINDS, User
from target_clevertap.delivery.other_columns import better_column
from target_clevertap.errors import SettingError
from target_clevertap.rules.rule import IDENTITY_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from target_clevertap.api.lookups import Lookups
    from target_clevertap.delivery.lanes import Source
    from target_clevertap.records.entries import Entry
    from target_clevertap.rules.rule import Rule

MOST_USERS = 200
"""Of a stream that are looked up."""

FEWEST_USERS = 20
"""Of fewer users a few new ones are a large share, so nothing is concluded."""

PATIENCE_SECONDS = 30.0
"""How long the entries of fewer users are held; then they are sent without a verdict."""

MOST_BYTES = 16_000_000
"""Held back of all streams together, before what there is of them is judged."""

logger = logging.getLogger("target-clevertap")


class Held(NamedTuple):
    """Entries that wait for the verdict on their stream, or behind such."""

    entries: Sequence[Entry]
    source: Source
    since: float


@dataclass(slots=True)
class Watched:
    """A stream without a verdict, with the first entry of each of its first users."""

    users: dict[str, Entry] = field(default_factory=dict)


class IdentityGuard:
    """Holds entries back until their stream is judged.

    - Only the reading thread uses it.
    - All entries keep their order: those of other streams wait behind.
    - A stream is judged once, by its first 200 users. It is judged by fewer when the input ends,
      when entries were held for long, or when they are too many; but never by fewer than 20.
      Entries of fewer users are sent without a verdict then.
    - Records that are sent again on purpose are not judged, and neither are calls about users.
    """

    def __init__(
        self, lookups: Lookups, limit: float, rules: Mapping[str, Rule], flush_seconds: float
    ) -> None:
        """Hold nothing yet.

        Args:
            lookups: Ask CleverTap.
            limit: The largest share of users that it may not know.
            rules: By the name of a stream.
            flush_seconds: How long entries may be held.
        """
        self._lookups = lookups
        self._limit = limit
        self._rules = rules
        self._flush_seconds = flush_seconds
        self._watched: dict[str, Watched] = {}
        self._judged: set[str] = set()
        self._held: deque[Held] = deque()
        self._held_bytes = 0
        self._has_failed = False

    def take(self, entries: Sequence[Entry], source: Source) -> Iterator[Held]:
        """Take entries, and yield those that are to be sent now.

        Raises:
            SettingError: When too many users of a stream are new.
            UploadStopped: When CleverTap does not answer.
        """
        held = Held(entries, source, time.monotonic())
        if not self._held and self._may_pass(source):
            yield held
            return
        self._held.append(held)
        self._held_bytes += _bytes_of(entries)
        if not self._may_pass(source):
            self._watch(source.origin.name, entries)
        if self._held_bytes > MOST_BYTES:
            yield from self.release_all()
        else:
            yield from self._release()

    def release_old(self) -> Iterator[Held]:
        """Yield what is due by its age, judged by what there is of its stream."""
        seconds = self.seconds_until_due()
        if seconds is not None and seconds <= 0:
            yield from self.release_all()

    def release_all(self) -> Iterator[Held]:
        """Yield all, judged by what there is of each stream."""
        if self._has_failed:
            return
        for name, watched in [*self._watched.items()]:
            if len(watched.users) >= FEWEST_USERS:
                self._judge(name, watched)
        while self._held:
            yield self._next()

    def end(self) -> Iterator[Held]:
        """Yield all at the end of the input, and log which streams were not judged."""
        yield from self.release_all()
        few = {} if self._has_failed else self._watched
        for name, watched in few.items():
            logger.info(
                "stream %s: new_profile_limit did not apply, as %d users are fewer than %d",
                shown(name),
                len(watched.users),
                FEWEST_USERS,
            )

    def seconds_until_due(self) -> float | None:
        """Return in how many seconds something was held for long; None while nothing is held."""
        if not self._held or self._has_failed:
            return None
        watched = self._watched.get(self._held[0].source.origin.name)
        has_few = watched is not None and len(watched.users) < FEWEST_USERS
        patience = max(self._flush_seconds, PATIENCE_SECONDS) if has_few else self._flush_seconds
        return max(0.0, self._held[0].since + patience - time.monotonic())

    def _may_pass(self, source: Source) -> bool:
        # calls make no users: those of deletions may be gone since an earlier run
        is_call = source.endpoint.is_call
        return is_call or source.is_replay or source.origin.name in self._judged

    def _watch(self, name: str, entries: Sequence[Entry]) -> None:
        watched = self._watched.setdefault(name, Watched())
        for entry in entries:
            if len(watched.users) == MOST_USERS:
                break
            watched.users.setdefault(entry.user, entry)
        if len(watched.users) == MOST_USERS:
            self._judge(name, watched)

    def _release(self) -> Iterator[Held]:
        while self._held and not self._has_failed and self._may_pass(self._held[0].source):
            yield self._next()

    def _next(self) -> Held:
        held = self._held.popleft()
        self._held_bytes -= _bytes_of(held.entries)
        return held

    def _judge(self, name: str, watched: Watched) -> None:
        users = [User(*user.split("\0", 1)) for user in watched.users]
        kinds = {user.kind for user in users}
        if not kinds <= {*KINDS}:
            is_user_key = not kinds.isdisjoint(IDENTITY_TYPES)  # else a telephone number or such
            logger.log(
                logging.WARNING if is_user_key else logging.DEBUG,
                "stream %s: new_profile_limit does not apply, as CleverTap looks users up only by "
                "%s",
                shown(name),
                " and ".join(KINDS),
            )
        elif fault := self._fault(name, users, [*watched.users.values()]):
            self._has_failed = True
            raise SettingError(fault)
        self._judged.add(name)
        del self._watched[name]

    def _fault(self, name: str, users: Sequence[User], entries: Sequence[Entry]) -> str | None:
        """Return what is wrong with a stream; None where it has few enough new users."""
        known = self._lookups.known(users)
        new = [place for place, is_known in enumerate(known) if not is_known]
        logger.info(
            "stream %s: CleverTap knows %d of its first %d users",
            shown(name),
            len(users) - len(new),
            len(users),
        )
        if len(new) <= self._limit * len(users):
            return None
        rule = self._rules.get(name)
        column = "its user key" if rule is None else f"column {shown(rule.identity)}"
        rows = [entries[place].raw for place in new]
        better = better_column(rows, rule, users[0].kind, self._lookups.known)
        advice = f"correct streams.{visible(name)}.identity"
        if better is not None:
            advice = (
                f"CleverTap knows {better.known} of {better.asked} values of column "
                f"{shown(better.column)}, so name that one under streams.{visible(name)}.identity"
            )
        return (
            f"stream {shown(name)}: CleverTap does not know {len(new)} of its first {len(users)} "
            f"users, more than new_profile_limit ({self._limit:g}) allows, so nothing of it was "
            f"sent, and {column} is probably not the user key; {advice}, or raise the limit if "
            "they are new"
        )


def _bytes_of(entries: Sequence[Entry]) -> int:
    return sum(len(entry.payload) + len(entry.raw) for entry in entries)
