"""What `invalid: fix` changes of a value: only what needs no guess, and never what it means."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

from target_clevertap.records.limit_table import EDUCATION, VALUE_CHARACTERS
from target_clevertap.records.moments import COUNT, TOO_LARGE, UNITS
from target_clevertap.records.numbers import read_number
from target_clevertap.records.values import is_number, looks_like_json, read_json
from target_clevertap.records.words import GENDERS, YES_AND_NO

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SECONDS_DIGITS = 10
"""Digits of today's times in seconds since 1970."""

EDUCATIONS = {word.casefold(): word for word in EDUCATION.words}


class FixKind(str, Enum):
    """The kinds of fixes, as the summary and the report name them."""

    TRIMMED = "trimmed"
    PHONE = "phone"
    TIME = "milliseconds"
    GENDER = "gender"
    YES_NO = "yes_no"
    EDUCATION = "education"
    CUT = "cut"


class Fixed(NamedTuple):
    """A value that was fixed."""

    value: Any
    kind: FixKind


def fixed_word(value: Any, words: Mapping[str, str], kind: FixKind) -> Fixed | None:  # noqa: ANN401 - JSON
    """Return the word that CleverTap takes for a value; None where it is one, or none is meant.

    Args:
        value: Text, a number, or true or false.
        words: What CleverTap takes, by words in lower case.
        kind: Of the fix.
    """
    if isinstance(value, bool):
        value = str(value)
    elif is_number(value):
        value = {0: "0", 1: "1"}.get(value)
    if not isinstance(value, str):
        return None
    meant = words.get(value.strip().casefold())
    if meant is None or meant == value:
        return None
    return Fixed(meant, FixKind.TRIMMED if meant == value.strip() else kind)


def trimmed(value: Any) -> Fixed | None:  # noqa: ANN401 - any JSON value
    """Return a text without spaces around it; None where there are none."""
    if not isinstance(value, str) or (text := value.strip()) == value:
        return None
    return Fixed(text, FixKind.TRIMMED)


def cut(value: Any) -> Fixed | None:  # noqa: ANN401 - any JSON value
    """Return a text cut where CleverTap surely takes it; None where it is short, or is JSON.

    Half of a JSON text would be none.
    """
    most = VALUE_CHARACTERS.surely_taken
    if not isinstance(value, str) or len(value) <= most:
        return None
    if looks_like_json(value) and read_json(value) is not value:
        return None
    return Fixed(value[:most], FixKind.CUT)


def in_seconds(value: Any) -> Fixed | None:  # noqa: ANN401 - any JSON value
    """Return the time that a count of milliseconds, microseconds or nanoseconds means.

    Their digits tell them apart from 2001 to 2286. None for any other value.
    """
    if isinstance(value, str):
        value = read_number(value) if COUNT.fullmatch(value.strip()) else None
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        return None
    if not isinstance(value, int) and not math.isfinite(value):
        return None
    if not 0 < value < TOO_LARGE:
        return None
    whole = math.floor(value)
    digits = len(str(whole))
    if digits not in UNITS:
        return None
    seconds = whole // 10 ** (digits - SECONDS_DIGITS)
    # not as a number, which may look like yyyyMMddHH
    return Fixed(dt.datetime.fromtimestamp(seconds, tz=dt.timezone.utc), FixKind.TIME)


WORD_FIXES: Mapping[str, Callable[[Any], Fixed | None]] = {
    "gender": lambda value: fixed_word(value, GENDERS, FixKind.GENDER),
    "employed": lambda value: fixed_word(value, YES_AND_NO, FixKind.YES_NO),
    "married": lambda value: fixed_word(value, YES_AND_NO, FixKind.YES_NO),
    "education": lambda value: fixed_word(value, EDUCATIONS, FixKind.EDUCATION),
}
"""By the folded name of a profile's property, what its words become."""

TRIMMED_FIELDS = frozenset(("email", "age", "name"))
"""Folded names of a profile's properties in which spaces at the ends mean nothing."""

WHOLE_FIELDS = frozenset(("email", "age", "phone", *WORD_FIXES))
"""Those of which a part would be another value."""
