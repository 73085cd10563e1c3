"""Times of events to `ts`, and names of events."""

from __future__ import annotations

from datetime import datetime, timezone
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from tap_clevertap.files.columns import TIME
from tap_clevertap.files.formats.parquet.objects import NOTHING
from tap_clevertap.files.formats.parquet.rows_of import numbers_of
from tap_clevertap.files.formats.parquet.scalars import FAULT
from tap_clevertap.files.formats.parquet.values import json_texts
from tap_clevertap.records.errors import BadRowError
from tap_clevertap.records.event_time import event_time
from tap_clevertap.records.exact_json import exact_number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import tzinfo
    from zoneinfo import ZoneInfo

SECONDS = [b"%02d" % second for second in range(60)]
MOST_KNOWN = 100_000
"""Times that are kept: of seconds more than a day, of minutes 69 days."""
NO_TIME = -1
LAST_SECOND = 2_000_000_000
"""In 2033; what is beyond is in milliseconds."""
FIRST_SECOND = 100_000_000
"""In 1973; since then all zones differ from UTC by whole minutes."""
EPOCH_SECONDS = r'^"?([0-9]{1,10})(?:\.[0-9]*)?"?$'
DIGITS = r'^"?([1-9][0-9]{13})(?:\.0*)?"?$'
"""Of the JSON of a number or text."""

_decode = msgspec.json.Decoder(float_hook=exact_number).decode


def event_names(column: pa.Array) -> list[str | None]:
    """Return the name of each event, None for what is no name."""
    if not pa.types.is_string(column.type):
        return _converted(json_texts(column), _name)
    coded = column.dictionary_encode()
    return _looked_up(coded.indices, map(_name, json_texts(coded.dictionary).to_pylist()))


def _name(text: str) -> str | None:
    value = None if FAULT in text else _decode(text)
    return value if isinstance(value, str) and value else None


class Stamps:
    """Makes `ts` of the times of events.

    - `eventTime` is an instant: epoch seconds, or a timestamp in UTC. [LF]
    - `ts` is the project's wall clock: its 14 digits, or a timestamp without a zone. A timestamp
      with a zone is an instant.

    Args:
        time_name: Which of both it is.
        zone: The project's.
    """

    def __init__(self, time_name: str, zone: ZoneInfo) -> None:
        self._has_digits = time_name == TIME
        self._zone = zone
        self._in_zone, self._in_utc = _Minutes(zone), _Minutes(timezone.utc)
        self._checked = lru_cache(MOST_KNOWN)(self._check)

    def stamps(self, column: pa.Array) -> list[bytes | None]:
        """Return the `ts` of each time, None for what is no time."""
        if pa.types.is_timestamp(column.type):
            floored = pc.floor_temporal(column, unit="second")
            seconds = floored.cast(pa.timestamp("s", column.type.tz)).cast(pa.int64())
            is_wall_clock = self._has_digits and column.type.tz is None
            return (self._in_utc if is_wall_clock else self._in_zone).stamps(seconds)
        texts = json_texts(column)
        if self._has_digits:
            return _converted(_matched(texts, DIGITS), self._checked)
        return self._in_zone.stamps(_matched(texts, EPOCH_SECONDS).cast(pa.int64()))

    def _check(self, digits: str) -> bytes | None:
        try:
            event_time(digits, self._zone)
        except BadRowError:
            return None
        return digits.encode()


class _Minutes(dict[int, bytes]):
    """The wall clock of minutes since 1970, to its minutes."""

    def __init__(self, zone: tzinfo) -> None:
        super().__init__()
        self._zone = zone

    def __missing__(self, minute: int) -> bytes:
        if len(self) >= MOST_KNOWN:
            self.clear()
        stamp = self[minute] = self._stamp(minute * 60)[:-2]
        return stamp

    def _stamp(self, second: int) -> bytes:
        return datetime.fromtimestamp(second, self._zone).strftime("%Y%m%d%H%M%S").encode()

    def stamps(self, seconds: pa.Array) -> list[bytes | None]:
        """Return the wall clock of epoch seconds, None for what is none."""
        is_time = pc.and_(pc.greater_equal(seconds, 0), pc.less_equal(seconds, LAST_SECOND))
        known = numbers_of(pc.if_else(is_time, seconds, NO_TIME).fill_null(NO_TIME))
        if min(known, default=0) >= FIRST_SECOND:
            return [self[each // 60] + SECONDS[each % 60] for each in known]
        return [None if each == NO_TIME else self._stamp(each) for each in known]


def _matched(texts: pa.Array, pattern: str) -> pa.Array:
    """Return the first group of what matches, and null for other texts."""
    matches = pc.match_substring_regex(texts, pattern)
    return pc.if_else(matches, pc.replace_substring_regex(texts, pattern, r"\1"), NOTHING)


def _converted(texts: pa.Array, convert: Callable[[str], Any]) -> list[Any]:
    """Return what a function makes of each text, and None for null."""
    coded = texts.dictionary_encode()
    return _looked_up(coded.indices, map(convert, coded.dictionary.to_pylist()))


def _looked_up(places: pa.Array, values: Iterable[Any]) -> list[Any]:
    known = [*values, None]
    return [known[each] for each in numbers_of(places.fill_null(len(known) - 1))]
