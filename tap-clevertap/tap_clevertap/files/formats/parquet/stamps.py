"""Times of events to `ts`, and names of events."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from tap_clevertap.files.columns import TIME
from tap_clevertap.files.formats.parquet.scalars import FAULT
from tap_clevertap.files.formats.parquet.values import json_texts
from tap_clevertap.records.errors import BadRowError
from tap_clevertap.records.event_time import event_time
from tap_clevertap.records.exact_json import exact_number

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import tzinfo
    from zoneinfo import ZoneInfo

MOST_KNOWN = 100_000
"""Seconds whose `ts` is kept: more than a day."""
LAST_SECOND = 2_000_000_000
"""In 2033; what is beyond is in milliseconds."""

_seconds = re.compile(r"[0-9]{1,10}(?:\.0*)?").fullmatch
_digits = re.compile(r"[1-9][0-9]{13}").fullmatch
_decode = msgspec.json.Decoder(float_hook=exact_number).decode


def event_names(column: pa.Array) -> list[str | None]:
    """Return the name of each event, None for what is no name."""
    return _converted(column, _name)


def _name(text: str) -> str | None:
    value = _decode(text)
    return value if isinstance(value, str) and value else None


class Stamps:
    """Makes `ts` of the times of events.

    - `eventTime` is an instant: epoch seconds, or a timestamp in UTC. [LF]
    - `ts` is the project's wall clock: its 14 digits, or a timestamp without a zone; a timestamp
      with a zone is an instant.

    Args:
        time_name: Which of both it is.
        zone: The project's.
    """

    def __init__(self, time_name: str, zone: ZoneInfo) -> None:
        self._has_digits = time_name == TIME
        self._zone = zone
        self._stamp_of_digits = lru_cache(MOST_KNOWN)(self._checked_digits)
        self._stamp_of_instant = lru_cache(MOST_KNOWN)(self._stamp_in(zone))
        self._stamp_of_wall_clock = lru_cache(MOST_KNOWN)(self._stamp_in(timezone.utc))

    def stamps(self, column: pa.Array) -> list[bytes | None]:
        """Return the `ts` of each time, None for what is no time."""
        if not pa.types.is_timestamp(column.type):
            convert = self._stamp_of_digits if self._has_digits else self._stamp_of_instant
            return _converted(column, convert)
        seconds = pc.floor_temporal(column, unit="second").cast(pa.timestamp("s", column.type.tz))
        is_wall_clock = self._has_digits and column.type.tz is None
        convert = self._stamp_of_wall_clock if is_wall_clock else self._stamp_of_instant
        return _converted(seconds.cast(pa.int64()), convert)

    def _checked_digits(self, text: str) -> bytes | None:
        digits = str(_whole(_decode(text)))
        if not _digits(digits):
            return None
        try:
            event_time(digits, self._zone)
        except BadRowError:
            return None
        return digits.encode()

    @staticmethod
    def _stamp_in(zone: tzinfo) -> Callable[[str], bytes | None]:
        def stamp(text: str) -> bytes | None:
            seconds = _whole(_decode(text))
            if seconds is None or not 0 <= seconds <= LAST_SECOND:
                return None
            return datetime.fromtimestamp(seconds, zone).strftime("%Y%m%d%H%M%S").encode()

        return stamp


def _whole(value: Any) -> int | None:  # noqa: ANN401 - any JSON value
    """Return a number without its fraction, or that of a text; None for anything else."""
    if isinstance(value, str):
        return int(float(value)) if _seconds(value) else int(value) if _digits(value) else None
    if isinstance(value, Decimal):
        return int(value) if 0 <= value <= LAST_SECOND * LAST_SECOND else None
    return value if type(value) is int else None


def _converted(column: pa.Array, convert: Callable[[str], Any]) -> list[Any]:
    """Return what a function makes of the JSON of each value, and None for null."""
    coded = json_texts(column).dictionary_encode()
    made = [None if FAULT in each else convert(each) for each in coded.dictionary.to_pylist()]
    made.append(None)
    places = pc.fill_null(coded.indices, len(made) - 1)
    return [made[each] for each in memoryview(places.buffers()[1]).cast("i")[: len(places)]]
