"""The window policy: the order in which exports are opened, and the days that each covers.

With CleverTap's daily totals, the rows of each day are known before it is read. Without them each
event begins with a week; its page count sizes the following windows. Large events are split into
windows of a limited number of pages: a lost cursor then costs little, and no export is left alone
at the end. Small events get long windows, because each export costs a request or two of its own.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tap_clevertap.exports.export import Export
    from tap_clevertap.exports.progress import EventProgress
    from tap_clevertap.exports.tasks import Task
    from tap_clevertap.exports.windows import Window

MOST_PAGES = 40
"""Pages in one export: 200,000 rows, whose fingerprints take 4 MB."""
FEWEST_PAGES = 5
"""Smaller exports would cost more requests than they save time."""


class Planner:
    """Plans the tasks of a run: counts and exports, each export made when it is to be opened.

    - The reader calls `next_count`, `next_check` and `next_export` while it holds its lock; all
      other methods are called under it too, by `ExportReader.planning`.
    - It reads `pages` and `has_ended` of the exports it made, and raises nothing.

    Args:
        make_export: Makes an export of an event and a window.
        max_in_flight: The setting.
    """

    def __init__(self, make_export: Callable[[str, Window], Export], *, max_in_flight: int) -> None:
        self._make_export = make_export
        self._max_in_flight = max_in_flight
        self._events: dict[str, EventProgress] = {}
        self._counts: deque[Task] = deque()
        self._checks: deque[Task] = deque()
        self._awaited: set[str] = set()

    def read(self, event_name: str, progress: EventProgress) -> None:
        """Read days of an event."""
        self._awaited.discard(event_name)
        self._events[event_name] = progress

    def expect(self, event_name: str) -> None:
        """Wait until `read` or `drop` is called for an event."""
        self._awaited.add(event_name)

    def drop(self, event_name: str) -> None:
        """Read no more days of an event."""
        self._awaited.discard(event_name)
        self._events.pop(event_name, None)

    def add(self, tasks: Iterable[Task]) -> None:
        """Add counts or lookups. Exports may wait for them, so they begin first."""
        self._counts.extend(tasks)

    def add_check(self, task: Task) -> None:
        """Add a task that checks what was read: it is due before all others, and keeps none out."""
        self._checks.append(task)

    def cancel(self) -> None:
        """Open none of the counts that are left."""
        self._counts.clear()

    @property
    def is_finished(self) -> bool:
        """Whether nothing is left to open."""
        return self.has_only_checks and not self._checks

    @property
    def has_only_checks(self) -> bool:
        """Whether nothing is left to open but checks, if any."""
        return not (self._counts or self._awaited or self.has_exports)

    @property
    def has_exports(self) -> bool:
        """Whether an export can be opened."""
        return any(event.days_left for event in self._events.values())

    def next_check(self) -> Task | None:
        """Return the next check to open, if there is one."""
        return self._checks.popleft() if self._checks else None

    def next_count(self) -> Task | None:
        """Return the next count or lookup to open, if there is one."""
        return self._counts.popleft() if self._counts else None

    def next_export(self) -> Export | None:
        """Return the next export to open; None if there is none now."""
        unfinished = {name: event for name, event in self._events.items() if event.days_left}
        if not unfinished:
            return None
        for event in unfinished.values():
            event.count_ended()
        name = _next_event(unfinished)
        event = unfinished[name]
        window = event.next_window(self._pages_of_one(unfinished.values()))
        export = self._make_export(name, window)
        event.track(export)
        return export

    def _pages_of_one(self, unfinished: Iterable[EventProgress]) -> float:
        # A share of what is left shrinks towards the end, so that no request is left alone there.
        share = sum(event.pages_left for event in unfinished) / self._max_in_flight
        return max(FEWEST_PAGES, min(MOST_PAGES, share))


def _next_event(unfinished: dict[str, EventProgress]) -> str:
    """Return an event that was never opened, or else the one with most pages left."""
    for name, event in unfinished.items():
        if not event.is_opened:
            return name
    known = [name for name, event in unfinished.items() if event.is_known]
    names = known or [next(iter(unfinished))]
    return max(names, key=lambda name: unfinished[name].pages_left)
