"""Cells of a CSV as values: by the type of their column, or by its name for flags."""

from __future__ import annotations

import math
import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from clevertap_emulator.drops.texts import not_of_type

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from clevertap_emulator.drops.manifest import ColumnMeaning

DATE_FORMATS = {
    "dd/MM/yyyy": "%d/%m/%Y",
    "MM/dd/yyyy": "%m/%d/%Y",
    "yyyy/dd/MM": "%Y/%d/%m",
    "yyyy/MM/dd": "%Y/%m/%d",
    "dd MMM yyyy": "%d %b %Y",
}
"""[U:imports-via-sftp]; each also with ` HH:mm:ss`."""
TIME_FORMAT = " HH:mm:ss"
UNIX = "Unix"
INTEGER_BITS = {"INTEGER": 31, "LONG": 63}
FLAGS = {"true": True, "1": True, "false": False, "0": False}
FLAG_NAMES = frozenset(
    f"msg-{each}"
    for each in (
        *("email", "sms", "push", "whatsapp"),
        *("dndemail", "dndphone", "dndsms", "dndwhatsapp"),
    )
)
_WHOLE = re.compile(r"[+-]?\d{1,30}", re.ASCII)
_MOMENT = re.compile(r"-?\d{1,18}", re.ASCII)
_DATE_VALUE = re.compile(r"\$D_-?\d{1,18}", re.ASCII)


class CellError(ValueError):
    """A cell whose text is not a value of its column; `str` is the failure's description."""


class CellReader:
    """Reads the cells of one file."""

    def __init__(self, zone: ZoneInfo, missing_time: timedelta) -> None:
        """Read dates in a time zone; a date without a time is at `missing_time` of its day."""
        self._zone = zone
        self._missing_time = missing_time

    def value(self, text: str, column: str, meaning: ColumnMeaning) -> object:
        """Return a property's value.

        Raises:
            CellError: The text is not of the column's type.
        """
        if meaning.name.casefold() in FLAG_NAMES:
            return _flag(text, column)
        if meaning.data_type == "DATE" and not _DATE_VALUE.fullmatch(text):
            return f"$D_{self._epoch(text, column, meaning)}"
        return _typed(text, column, meaning.data_type)

    def moment(self, text: str, column: str, meaning: ColumnMeaning) -> object:
        """Return `ts`: epoch seconds where the text is a moment, else the text.

        Raises:
            CellError: The column is a date, and the text is none.
        """
        if meaning.data_type == "DATE":
            text = str(self._epoch(text, column, meaning))
        return int(text) if _MOMENT.fullmatch(text) else text

    def _epoch(self, text: str, column: str, meaning: ColumnMeaning) -> int:
        written = meaning.date_format or UNIX
        if written == UNIX and _WHOLE.fullmatch(text):
            return int(text)
        day_format = DATE_FORMATS.get(written.removesuffix(TIME_FORMAT))
        if day_format is not None:
            for pattern, extra in (
                (day_format + " %H:%M:%S", timedelta()),
                (day_format, self._missing_time),
            ):
                try:
                    local = datetime.strptime(text, pattern) + extra  # noqa: DTZ007 - zone follows
                except ValueError:
                    continue
                return int(local.replace(tzinfo=self._zone).timestamp())
        raise CellError(not_of_type(column, f"DATE {written}"))


def _flag(text: str, column: str) -> bool:
    flag = FLAGS.get(text.casefold())
    if flag is None:
        raise CellError(not_of_type(column, "BOOLEAN"))
    return flag


def _typed(text: str, column: str, data_type: str) -> object:
    if data_type in INTEGER_BITS and _WHOLE.fullmatch(text):
        number, bits = int(text), INTEGER_BITS[data_type]
        if -(1 << bits) <= number < 1 << bits:
            return number
    elif data_type == "FLOAT":
        decimal = _float(text)
        if decimal is not None:
            return decimal
    elif data_type == "BOOLEAN":
        return _flag(text, column)
    elif data_type in {"STRING", "DATE"}:
        return text
    raise CellError(not_of_type(column, data_type))


def _float(text: str) -> float | None:
    try:
        decimal = float(text)
    except ValueError:
        return None
    return decimal if math.isfinite(decimal) and "_" not in text else None
