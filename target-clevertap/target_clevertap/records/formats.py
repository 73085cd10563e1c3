"""Readings of a property that a rule asks for: what is surely meant, in CleverTap's words."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from target_clevertap.records.charged import is_items
from target_clevertap.records.moments import MomentError, read_moment
from target_clevertap.records.numbers import is_spelled_number, read_number
from target_clevertap.records.paths import member_at
from target_clevertap.records.values import looks_like_json, read_json
from target_clevertap.records.words import GENDERS, YES_AND_NO

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from target_clevertap.rules.shape import Shape

    Convert = Callable[[Any], Any]

INTERNATIONAL = re.compile(r"\s*(?:tel:)?\+[\d\s().\-/]+", re.ASCII)
"""A telephone number with its country code, as people write it."""
SHORTEST_NUMBER, LONGEST_NUMBER = 7, 15
"""Digits of a number by E.164."""


def gender(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Return M or F for the words that mean it; all else as it is."""
    return GENDERS.get(value.strip().lower(), value) if isinstance(value, str) else value


def yes_no(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Return Y or N for true, false and the words that mean them; all else as it is."""
    if isinstance(value, str):
        return YES_AND_NO.get(value.strip().lower(), value)
    if isinstance(value, (bool, int, Decimal)) and value in (0, 1):
        return "Y" if value else "N"
    return value


def phone(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Return a number with its country code in the form of E.164; all else as it is."""
    if not isinstance(value, str) or not INTERNATIONAL.fullmatch(value):
        return value
    digits = "".join(each for each in value if each.isdigit())
    return f"+{digits}" if SHORTEST_NUMBER <= len(digits) <= LONGEST_NUMBER else value


def number(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Return the number that a text spells; all else as it is."""
    if not isinstance(value, str) or not is_spelled_number(value.strip()):
        return value
    read = read_number(value.strip())
    return value if read is None else read


def date(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Return `$D_<epoch>` for an ISO 8601 date or date-time [SNIP]; all else as it is."""
    if not isinstance(value, str) or value.startswith("$D_"):
        return value
    try:
        return f"$D_{read_moment(value)}"
    except MomentError:
        return value


def picked(value: Any, members: Mapping[str, str]) -> Any:  # noqa: ANN401 - any JSON value
    """Return items with the wanted members alone; what is not a list of objects as it is.

    Args:
        value: A list, or its JSON text.
        members: By the name in CleverTap, a member of an item, or a path into it.
    """
    if isinstance(value, str) and looks_like_json(value):
        value = read_json(value)
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        return value
    return [{name: _member(each, wanted) for name, wanted in members.items()} for each in value]


def _member(item: dict[str, Any], wanted: str) -> Any:  # noqa: ANN401 - any JSON value
    return item[wanted] if wanted in item else member_at(item, tuple(wanted.split(".")))


READINGS: dict[str, Convert] = {
    "gender": gender,
    "phone": phone,
    "yes_no": yes_no,
    "number": number,
    "date": date,
}
"""By their names in rules."""


def readings_of(shape: Shape) -> dict[str, Convert]:
    """Return by property what is made of its value first."""
    found = {name: READINGS[form] for name, form in shape.formats.items()}
    if shape.items:
        found |= dict.fromkeys(
            filter(is_items, shape.properties), partial(picked, members=shape.items)
        )
    return found


WORD_ENDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[^A-Za-z0-9]+")


def snake_case(name: str) -> str:
    """Return a name in lower case with an underscore between words: `firstName`, `First Name`."""
    plain = WORD_ENDS.sub("_", name).strip("_").lower() if name.isascii() else ""
    return plain or name.lower().replace(" ", "_")


def spelled(name: str) -> str:
    """Return an event's name as names are compared: no case, underscores as spaces."""
    return " ".join(name.replace("_", " ").split()).casefold()
