"""Lines of records of events, from columns of their values."""

from __future__ import annotations

from itertools import chain, compress, repeat
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from tap_clevertap.records.exact_json import canonical_json
from tap_clevertap.records.keys import event_keys
from tap_clevertap.records.lines import Lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tap_clevertap.records.lines import Envelope


Value = TypeVar("Value")


class EventValues(NamedTuple):
    """Values of some events as JSON, in columns of equal length."""

    fingerprints: Sequence[bytes]
    """From `event_fingerprints`."""
    times: Sequence[bytes]
    """Instants in UTC without offset; see `KnownMinutes`."""
    stamps: Sequence[bytes]
    """`ts`."""
    props: Sequence[bytes]
    """Objects or null."""
    sessions: Sequence[bytes]
    """The fields of the session, without braces."""
    users: Sequence[bytes]
    """The fields of the user, without braces."""


class EventLines:
    """Writes the records of one event.

    Args:
        name: Of the event.
        envelope: Of each record.
        more: Fields at the end of each record, with a comma before them.
    """

    def __init__(self, name: str, envelope: Envelope, more: bytes = b"") -> None:
        self._before_key = envelope.before + b'{"event_key":"'
        self._before_ordinal = b'","occurrence":'
        self._before_time = b',"event_name":%b,"event_time":"' % canonical_json(name)
        self._after = more + b"}" + envelope.after

    def write(
        self,
        values: EventValues,
        ordinals: Sequence[int | None],
        more: Iterable[bytes] | None = None,
    ) -> Lines:
        """Return the lines of the events that have an ordinal.

        Args:
            values: Of all events.
            ordinals: Of each among identical events, or None.
            more: Of each event that has an ordinal, fields with a comma before them.
        """
        if None in ordinals:
            values = EventValues(*(kept(column, ordinals) for column in values))
        numbers = [ordinal for ordinal in ordinals if ordinal is not None]
        fingerprints, times, stamps, props, sessions, users = values
        keys = event_keys(fingerprints, numbers)
        columns: list[Iterable[bytes]] = [
            *(repeat(self._before_key), keys, *self._ordinals(numbers), times),
            *(repeat(b'+00:00","ts":'), stamps, repeat(b',"event_props":'), props),
            *(repeat(b","), sessions, repeat(b","), users),
            *(() if more is None else (more,)),
            repeat(self._after),
        ]
        pieces = zip(*columns)  # noqa: B905 - some have no end
        return Lines(b"".join(chain.from_iterable(pieces)), len(keys))

    def _ordinals(self, numbers: Sequence[int]) -> list[Iterable[bytes]]:
        """Return what is between keys and times; nearly every ordinal is 0."""
        before, after = self._before_ordinal, self._before_time
        if not any(numbers):
            return [repeat(before + b"0" + after)]
        return [repeat(before), map(b"%d".__mod__, numbers), repeat(after)]


def kept(column: Sequence[Value], ordinals: Sequence[int | None]) -> list[Value]:
    """Return the values of the events that have an ordinal."""
    return [*compress(column, [ordinal is not None for ordinal in ordinals])]
