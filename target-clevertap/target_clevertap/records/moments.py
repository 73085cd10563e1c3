"""Reads times and dates, in the forms of databases and taps, as seconds since 1970."""

from __future__ import annotations

import calendar
import datetime as dt
import math
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from target_clevertap.records import limit_table
from target_clevertap.records.errors import RecordRefusedError
from target_clevertap.records.numbers import read_number

if TYPE_CHECKING:
    from collections.abc import Iterable

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)
NAIVE_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - for times without an offset
DAY_SECONDS = 86400
read_iso = dt.datetime.fromisoformat

TOO_LARGE = 10**20

FIRST_MILLISECONDS = limit_table.SECONDS.most + 1
"""The year 5138 in seconds: a larger number is in milliseconds."""

LAST_YEAR = 9999
LONGEST_OFFSET = 24 * 3600
"""Seconds; every offset is shorter. The largest one in use is 14 hours."""
DAY_DIGITS, HOUR_DIGITS = 8, 10
YEARS_OF_HOURS = range(1900, 2100)
HOURS = 24
SECONDS_DIGITS = (9, 10, 11)
"""Digits of times from 1973 to 5138, in seconds since 1970."""

PLACEHOLDER = 253402214400
"""9999-12-31, less a day for offsets: databases use it for a time that never comes."""

MOMENT = re.compile(
    r"([+-]?\d{4,6})-(\d\d)-(\d\d)"
    r"(?:[T ]+(\d\d):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?)?"
    r"\s*(?:(?:Z|UTC|GMT|([+-])(\d\d)(?::?(\d\d)(?::?(\d\d))?)?)(?:\[[^]]*\])?)?"
    r"(\s+(?:BC|AD))?",
    re.ASCII | re.IGNORECASE,
)
NAMED_ZONE = re.compile(
    r"\d{4}-\d\d-\d\d[T ]+\d\d:\d\d[\d:.,]*\s*\[?[A-Z][\w/+-]*\]?", re.IGNORECASE
)
HALF_OF_DAY = re.compile(r".*\d\s*[AP]\.?M\.?", re.ASCII | re.IGNORECASE)
INFINITE = frozenset(("infinity", "-infinity", "+infinity", "inf", "-inf", "+inf"))

COUNT = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?", re.ASCII)
NO_DATE = re.compile(r"\s*0000-00-00(?:[T ]+[0:.,]+)?\s*(?:Z|UTC|[+-][\d:]+)?\s*", re.IGNORECASE)

NOT_ISO = "the value is not an ISO 8601 date or date-time"
NO_SUCH_DAY = "the date or the time of day does not exist"
ZERO_DATE = "the zero date of MySQL is not a date"
UNITS = {13: "milliseconds", 16: "microseconds", 19: "nanoseconds"}


class MomentError(ValueError):
    """The value is not a time; the text has the reason, without the value."""


def is_zero_date(text: str) -> bool:
    """Whether a text is the zero date of MySQL, which means that there is no date."""
    return NO_DATE.fullmatch(text) is not None


def epoch(moment: dt.date) -> int:
    """Return whole seconds since 1970, reading a naive time as UTC."""
    if not isinstance(moment, dt.datetime):
        return calendar.timegm(moment.timetuple())
    since = moment - (NAIVE_EPOCH if moment.tzinfo is None else EPOCH)
    return since.days * DAY_SECONDS + since.seconds  # a float would round the fraction up at times


def read_moment(text: str) -> int:
    """Return whole seconds since 1970 of an ISO 8601 date or date-time.

    - A time without an offset is UTC, and so is the beginning of a day.
    - 24:00:00 is the beginning of the next day, and second 60 that of the next minute.

    Raises:
        MomentError: For anything else, saying why.
    """
    # the separator is checked here: Python accepts any character
    if (text[4:5] == "-" and text[10:11] in "T t") or text[8:9] in ("T", "t"):
        try:
            moment = read_iso(text)
            since = moment - (NAIVE_EPOCH if moment.tzinfo is None else EPOCH)
        except (ValueError, OverflowError):
            # Python 3.10 knows neither Z nor fractions of any length; no Python knows second 60
            return _read_moment_by_parts(text)
        return since.days * DAY_SECONDS + since.seconds
    return _read_moment_by_parts(text)


def _read_moment_by_parts(text: str) -> int:
    match = MOMENT.fullmatch(text.strip())
    if match is None:
        raise MomentError(_why_not(text.strip()))
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    sign, *offset, era = match.groups()[6:]
    if match[4] is None and match[7] and (match[7] == "-" or match[9] is None):
        raise MomentError(NOT_ISO)  # 2026-01-01-05 may be an hour as well as an offset
    _check_year(text, year, era or "")
    leap = 1 if second == 60 else 0  # noqa: PLR2004 - a leap second, which POSIX time does not count
    ends_day = (hour, minute, second) == (24, 0, 0)
    try:
        moment = dt.datetime(
            year, month, day, 0 if ends_day else hour, minute, second - leap, tzinfo=dt.timezone.utc
        )
    except ValueError:
        raise MomentError(NO_SUCH_DAY) from None
    shift = _offset_seconds(offset)
    return epoch(moment) + leap + 86400 * ends_day + (shift if sign == "-" else -shift)


def _check_year(text: str, year: int, era: str) -> None:
    if is_zero_date(text):
        raise MomentError(ZERO_DATE)
    if year < 1 or era.strip().upper() == "BC":
        fault = "the date is before the year 1"
        raise MomentError(fault)
    if year > LAST_YEAR:
        fault = f"the date is after the year {LAST_YEAR}"
        raise MomentError(fault)


def _offset_seconds(parts: Iterable[str | None]) -> int:
    hours, minutes, seconds = (int(part or 0) for part in parts)
    shift = hours * 3600 + minutes * 60 + seconds
    if shift >= LONGEST_OFFSET:
        fault = "the offset from UTC does not exist"
        raise MomentError(fault)
    return shift


def _why_not(text: str) -> str:
    if text.lower() in INFINITE:
        return "the date is infinite"
    if HALF_OF_DAY.fullmatch(text):
        return "the time counts hours from 1 to 12 with AM and PM; give an ISO 8601 date-time"
    if NAMED_ZONE.fullmatch(text):
        return "the time zone is a name; give the time with an offset such as +05:30"
    return NOT_ISO


def read_any_moment(value: Any) -> int:  # noqa: ANN401 - any JSON value may stand there
    """Return whole seconds since 1970 of a date, a date-time or a number.

    A number of 8 digits is a day, `yyyyMMdd`. One of 9 to 11 digits is seconds, unless it may be
    `yyyyMMddHH`. No other number is surely one of either.

    Raises:
        MomentError: For anything else, saying why.
    """
    if isinstance(value, str):
        return read_moment(value) if value[4:5] == "-" else _read_text(value)
    if isinstance(value, dt.date):
        return epoch(value)
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        fault = "the value is neither text nor a number"
        raise MomentError(fault)
    if not isinstance(value, int) and not math.isfinite(value):
        fault = "NaN or an infinity is not a time"
        raise MomentError(fault)
    return _read_count(value)


def _read_text(text: str) -> int:
    is_dollar_d = text.startswith("$D_")
    # 2E9 may be bytes in hexadecimal, and what begins with zeros is a code
    digits = text[3:] if is_dollar_d else text.strip()
    number = read_number(digits) if COUNT.fullmatch(digits) else None
    if is_dollar_d and isinstance(number, int):
        return number
    return read_moment(text) if number is None or is_dollar_d else _read_count(number)


def _read_count(value: float | Decimal) -> int:
    if not -TOO_LARGE < value < TOO_LARGE:  # compared first: rounding 1e99999999 would take hours
        fault = "the number is too large for seconds since 1970"
        raise MomentError(fault)
    whole = math.floor(value)
    digits = len(str(abs(whole)))
    if digits == DAY_DIGITS and whole == value and (day := _day(whole)) is not None:
        return epoch(day)
    if digits in SECONDS_DIGITS and not (digits == HOUR_DIGITS and _is_hour(whole)):
        return whole
    raise MomentError(_why_not_seconds(whole, digits))


def _why_not_seconds(whole: int, digits: int) -> str:
    if digits in UNITS:
        return f"the number counts {UNITS[digits]}, not seconds since 1970; give seconds"
    if digits == HOUR_DIGITS:
        return "the number may be seconds since 1970 or yyyyMMddHH; give an ISO 8601 date-time"
    if digits in (12, 14) and _day(int(str(abs(whole))[:8])) is not None:
        return (
            f"the number looks like {'yyyyMMddHHmmss'[:digits]}, which has no time zone; give an "
            "ISO 8601 date-time"
        )
    return f"a number of {digits} digits is not surely seconds since 1970; give an ISO 8601 date"


def _day(number: int) -> dt.date | None:
    try:
        return dt.date(number // 10000, number // 100 % 100, number % 100)
    except (ValueError, OverflowError):
        return None


def _is_hour(number: int) -> bool:
    day = _day(number // 100)
    return day is not None and day.year in YEARS_OF_HOURS and number % 100 < HOURS


def timestamp(value: Any, where: str) -> int:  # noqa: ANN401 - any JSON value may stand there
    """Return the `ts` of a record: epoch seconds from a date-time, a date or a number.

    Args:
        value: Of the column.
        where: The column, for the reason of a reject.

    Raises:
        RecordRefusedError: `time_missing` or `date_invalid`.
    """
    is_usual = type(value) is str and value[4:5] == "-"
    try:
        seconds = read_moment(value) if is_usual else read_any_moment(value)
    except MomentError as error:
        if value is None or (isinstance(value, str) and not value.strip()):
            code, reason = "time_missing", f"{where} has no time"
            raise RecordRefusedError(code, reason) from None
        code, reason = "date_invalid", f"{where} does not hold a time: {error}"
        raise RecordRefusedError(code, reason) from None
    if not 0 < seconds < FIRST_MILLISECONDS:
        code, reason = (
            "date_invalid",
            f"{where} does not hold the time of an event: {_why_not_ts(seconds)}",
        )
        raise RecordRefusedError(code, reason)
    return seconds


def _why_not_ts(seconds: int) -> str:
    if seconds == 0:
        return "the first second of 1970 is a placeholder"
    if seconds < 0:
        return "the time is before 1970"
    if seconds >= PLACEHOLDER:
        return f"the year {LAST_YEAR} is a placeholder"
    return "the time is after the year 5137"
