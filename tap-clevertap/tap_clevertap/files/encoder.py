"""Lines of records of the rows of files, as `records.encoder` writes those of the API."""

from __future__ import annotations

from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, Any

import msgspec

from tap_clevertap.files.rows import EventRows
from tap_clevertap.records.event_lines import EventLines, EventValues
from tap_clevertap.records.event_time import KnownMinutes
from tap_clevertap.records.exact_json import canonical_lines, encode_json, lines_in
from tap_clevertap.records.keys import event_fingerprints, fingerprint_prefix
from tap_clevertap.records.lines import Envelope, Lines, record_message
from tap_clevertap.records.values import as_object

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from zoneinfo import ZoneInfo

    from tap_clevertap.records.events import Number

STREAM = "exported_events"
_hour = lru_cache(1024)(int)
OBJECTS = (dict, msgspec.Struct, msgspec.Raw, type(None))


class FileEncoder:
    """Encodes the rows of files of any events.

    - Only the main thread uses it; nothing is raised.

    Args:
        account_id: The project's.
        zone: The project's.
        envelope: Returns the envelope of each record of some rows, by the name of the stream.
    """

    def __init__(
        self,
        *,
        account_id: str,
        zone: ZoneInfo,
        envelope: Callable[[str], Envelope] = record_message,
    ) -> None:
        self._account_id = account_id
        self._envelope = envelope
        self._minutes = KnownMinutes(zone)

    def encode(self, rows: EventRows, number: Number, source_file: str) -> Lines:
        """Return the lines of the records of some rows, in their order.

        Args:
            rows: From a reader.
            number: Numbers rows, or tells to leave them out. It is called for rows of one event at
                a time, in their order.
            source_file: The key of the file.
        """
        envelope = self._envelope(STREAM)
        more = b',"source_file":%b' % encode_json(source_file)
        written = [
            self._encode(part, number, EventLines(name, envelope, more))
            for name, part in _by_name(rows)
        ]
        if len(written) == 1:
            return written[0]
        return Lines(b"".join(each.content for each in written), sum(map(len, written)))

    def _encode(self, rows: EventRows, number: Number, lines: EventLines) -> Lines:
        stamps = rows.stamps
        props, hashed_props = _encoded_props(rows.props)
        object_ids, users = zip(*rows.users, strict=True)
        hashed_sessions, sessions = zip(*rows.sessions, strict=True)
        prefix = fingerprint_prefix(self._account_id, rows.names[0])
        fingerprints = event_fingerprints(prefix, object_ids, stamps, hashed_props, hashed_sessions)
        ordinals = number(fingerprints, _hours(stamps))
        values = EventValues(
            fingerprints,
            rows.times or self._minutes.times(stamps),
            *(stamps, props, sessions, users),
        )
        return lines.write(values, ordinals)


def _by_name(rows: EventRows) -> Iterator[tuple[str, EventRows]]:
    """Yield the rows of each event, those that follow each other together."""
    if len(set(rows.names)) == 1:
        yield rows.names[0], rows
        return
    start = 0
    for name, same in groupby(rows.names):
        end = start + sum(1 for _ in same)
        yield name, EventRows._make(column[start:end] for column in rows)
        start = end


def _hours(stamps: Sequence[bytes]) -> list[int]:
    """Return the hours of times, which are often all the same."""
    first, last = int(min(stamps)[:10]), int(max(stamps)[:10])
    if first == last:
        return [first] * len(stamps)
    return [_hour(stamp[:10]) for stamp in stamps]


def _encoded_props(props: Sequence[Any]) -> tuple[list[bytes], list[bytes]]:
    """Return properties as records have them, and as keys are made of them."""
    if all(issubclass(kind, OBJECTS) for kind in set(map(type, props))):
        encoded = lines_in(canonical_lines(props))
        return encoded, encoded
    both = [(value, isinstance(value, OBJECTS)) for value in props]
    shown = [value if is_it else as_object(value) for value, is_it in both]
    hashed = [value if is_it else value or None for value, is_it in both]
    return lines_in(canonical_lines(shown)), lines_in(canonical_lines(hashed))
