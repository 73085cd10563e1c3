"""Rows of tap-clevertap's events that only CleverTap itself may raise: they are counted, not sent.

They are neither rejects nor a fault of a rule: no project takes them from outside [code 513].
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from target_clevertap._plugin.shown import shown
from target_clevertap.records.limits import is_reserved
from target_clevertap.records.names import folded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from target_clevertap.delivery.summary import Summary
    from target_clevertap.singer.plain_records import PlainRecords
    from target_clevertap.singer.streams import Branch

REASON = "not_transferable"
"""The word of the summary for these rows."""

MOST_NAMED = 20


class NotTransferable:
    """Leaves out what is in an export, and cannot be uploaded."""

    def __init__(self, summary: Summary) -> None:
        """Leave nothing out yet.

        Args:
            summary: Counts the rows.
        """
        self._summary = summary
        self._left_out: Counter[str] = Counter()
        self._are_reserved: dict[str | None, bool] = {None: False}
        self._spellings: dict[str, list[str]] = {}

    def holds(self, branch: Branch, record: dict[str, Any]) -> bool:
        """Tell whether a record is left out; count it then.

        Args:
            branch: That it takes.
            record: After its stream map.
        """
        named = branch.builder.tap_event_name
        return named is not None and bool(self._leave_out(branch, [named(record)]))

    def without(self, branch: Branch, found: PlainRecords) -> PlainRecords:
        """Return the records that can be uploaded; count the others."""
        named = branch.builder.tap_event_name
        if named is None:
            return found
        names = [*map(named, found.records)]
        if left_out := self._leave_out(branch, names):
            kept = [index for index, name in enumerate(names) if name not in left_out]
            found.records = [found.records[index] for index in kept]
            found.raws = [found.raws[index] for index in kept]
        return found

    def _leave_out(self, branch: Branch, names: Iterable[str | None]) -> Counter[str]:
        """Count the reserved ones among the names of events, and return them."""
        left_out: Counter[str] = Counter()
        for name, events in Counter(names).items():
            if name is not None and self._is_reserved(name):
                left_out[name] = events
        if left_out:
            self._left_out.update(left_out)
            self._summary.count_left_out(branch.origin.name, REASON, left_out.total())
        return left_out

    def _is_reserved(self, name: str) -> bool:
        found = self._are_reserved.get(name)
        if found is None:
            found = self._are_reserved[name] = is_reserved(name)
            if not found:
                self._spellings.setdefault(folded(name), []).append(name)
        return found

    def described(self) -> Iterator[str]:
        """Yield what the log says of them at the end of a run."""
        if self._left_out:
            named = _listed(
                f"{shown(name)} {events}" for name, events in self._left_out.most_common()
            )
            yield (
                f"{self._left_out.total()} events are not transferable, for only CleverTap itself "
                f"may raise them: {named}"
            )
        alike = [names for names in self._spellings.values() if len(names) > 1]
        if alike:
            named = _listed(" and ".join(map(shown, names)) for names in alike)
            yield (
                f"CleverTap takes event names that differ only in case or spaces for one: {named}; "
                "where they have to stay apart, rename one with a stream map"
            )


def _listed(texts: Iterable[str]) -> str:
    every = [*texts]
    more = f" and {len(every) - MOST_NAMED} more" if len(every) > MOST_NAMED else ""
    return ", ".join(every[:MOST_NAMED]) + more
