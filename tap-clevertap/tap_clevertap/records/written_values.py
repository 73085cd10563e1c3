"""Whole numbers and dates in texts, read strictly: Python's own readers accept more.

`int` accepts `1571917353_20191024` and digits of other scripts. From 3.11 on `fromisoformat`
accepts weeks, and any character between date and time: 1701011200000, an epoch in milliseconds,
would be a day of the year 1701.
"""

from __future__ import annotations

import re
from datetime import datetime

_whole = re.compile(r"-?[0-9]{1,19}").fullmatch
"""As many digits as an integer with 64 bits has."""
_date = re.compile(r"(?:[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{8})(?:[Tt ].+)?").fullmatch


def read_whole(text: str) -> int:
    """Return a whole number, of ASCII digits only.

    Raises:
        ValueError: If the text is something else.
    """
    if _whole(text) is None:
        raise ValueError
    return int(text)


def read_date(text: str) -> datetime:
    """Return the moment of an ISO 8601 date or date-time; spaces around it do not count.

    Raises:
        ValueError: If the text is something else.
    """
    text = text.strip()
    if _date(text) is None:
        raise ValueError
    if text[4] != "-":  # before 3.11, Python needs the separators
        text = f"{text[:4]}-{text[4:6]}-{text[6:]}"
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
