"""Names of events that come and go: each is reported once, because the state remembers it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tap_clevertap.config.event_names import list_names

if TYPE_CHECKING:
    import logging
    from collections.abc import Collection, Iterable, Sequence
    from datetime import date

MISSING, DISCARDED = "missing", "discarded"
"""Parts of a stream's state: names that were reported as such. Absent if there are none."""
NEW = "new"


def note(stream_state: dict[str, Any], kind: str, names: Iterable[str]) -> list[str]:
    """Remember names in the state; return those that it did not have.

    A name that is not among them any more is forgotten, so that it can be reported again.

    Args:
        stream_state: The state of the stream.
        kind: MISSING or DISCARDED.
        names: All of the kind.
    """
    before = stream_state.pop(kind, [])
    if now := sorted(set(names)):
        stream_state[kind] = now
    return [name for name in now if name not in before]


@dataclass
class NameReports:
    """Logs which names of events came or went, each once in a run, whatever streams have it.

    Args:
        logger: The tap's.
        start: The setting `start_date`.
        excluded: The setting `excluded_events`.
    """

    logger: logging.Logger
    start: date
    excluded: frozenset[str]
    _reported: set[tuple[str, str]] = field(default_factory=set)

    def report_discovered(
        self,
        stream_state: dict[str, Any],
        names: Collection[str],
        *,
        read_before: Collection[str],
        appeared: Sequence[str],
    ) -> None:
        """Report names that CleverTap's schema leaves out, or has for the first time.

        Args:
            stream_state: The state of the stream, which remembers them.
            names: The names that the stream reads, from CleverTap's schema.
            read_before: The names of events in the state of which days were read.
            appeared: Those of the names that no state had, if the stream knows.
        """
        gone = set(read_before).difference(names, self.excluded)
        left_out = note(stream_state, MISSING, gone)
        new = self._unreported(NEW, appeared)
        if missing := self._unreported(MISSING, left_out):
            renamed = f", perhaps renamed ({list_names(new)} appeared)" if new else ""
            self.logger.warning(
                "getSchema: it leaves out %d events that were read before (%s)%s, so their days "
                "are not read; list them in events to read them, or wait: they continue at their "
                "bookmarks when it has them again",
                len(missing),
                list_names(missing),
                renamed,
            )
        elif new:
            message = "getSchema: it has new events (%s); they are read from start_date, %s"
            self.logger.info(message, list_names(new), self.start)

    def report_discarded(self, stream_state: dict[str, Any], names: Iterable[str]) -> None:
        """Report names that the stream reads, and that are discarded in CleverTap."""
        if discarded := self._unreported(DISCARDED, note(stream_state, DISCARDED, names)):
            self.logger.warning(
                "getSchema: it has discarded events (%s), of which no new ones arrive; list them "
                "in excluded_events to read nothing of them",
                list_names(discarded),
            )

    def _unreported(self, kind: str, names: Sequence[str]) -> list[str]:
        left = [name for name in names if (kind, name) not in self._reported]
        self._reported.update((kind, name) for name in left)
        return left
