"""What CleverTap would say of a record that is sent to it, by its documented rules.

A run sends such records, since CleverTap alone decides. A local dry run has to ask these rules.
Most records passed our own checks before; those of a rule with `invalid: send` did not.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from target_clevertap.records import charged, limit_table, limits
from target_clevertap.records.limit_table import SECONDS
from target_clevertap.records.names import folded
from target_clevertap.rules.rule import IDENTITY_TYPES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+").fullmatch
"""Finds what may be an address: CleverTap's own rule is not documented."""

PHONE = re.compile(
    rf"\+\d{{{limit_table.PHONE_DIGITS.least},{limit_table.PHONE_DIGITS.most}}}", re.ASCII
).fullmatch
WHOLE = re.compile(r"\d{1,3}", re.ASCII).fullmatch
OBJECT_ID = re.compile(r"[\w~:.@-]+", re.ASCII).fullmatch
"""The characters of documented object ids [U:user-profiles; SNIP]."""

DOUBTFUL_EVENTS = frozenset(map(folded, limit_table.DOUBTFUL_EVENTS.words))
WRONG_STRUCTURE, NO_USER, WRONG_TIME, WRONG_OBJECT_ID = 512, 523, 525, 526


def code_of(record: Mapping[str, Any]) -> int | None:
    """Return the code with which CleverTap would refuse a record; None if it would take it.

    Args:
        record: As CleverTap would get it, decoded.
    """
    is_event = record.get("type") == "event"
    event = str(record.get("evtName"))
    if is_event and (limits.is_reserved(event) or folded(event) in DOUBTFUL_EVENTS):
        return limits.RESTRICTED_EVENT
    if (code := _code_of_user_and_time(record)) is not None:
        return code
    if is_event:
        return _code_of_event(record.get("evtData") or {})
    return _code_of_profile(record.get("profileData") or {})


def _code_of_user_and_time(record: Mapping[str, Any]) -> int | None:
    for kind in IDENTITY_TYPES:
        user = str(record.get(kind, "")).strip()
        is_long = len(user) > limits.IDENTITY_CHARACTERS
        if kind in record and (is_long or user.lower() in limits.INVALID_IDENTITIES):
            return NO_USER
    object_id = record.get("objectId")
    if isinstance(object_id, str) and not OBJECT_ID(object_id.strip()):
        return WRONG_OBJECT_ID
    seconds = record.get("ts", 1)
    return None if 0 < seconds <= SECONDS.surely_taken else WRONG_TIME


def _code_of_event(properties: Mapping[str, Any]) -> int | None:
    if len(properties) > limits.EVENT_PROPERTIES:
        return limits.TOO_MANY_PROPERTIES
    items = properties.get(charged.ITEMS)
    if isinstance(items, list) and len(items) > limits.CHARGED_ITEMS:
        return WRONG_STRUCTURE
    most = limit_table.VALUE_CHARACTERS.surely_taken
    is_long = any(isinstance(value, str) and len(value) > most for value in properties.values())
    return WRONG_STRUCTURE if is_long else None


def _code_of_profile(properties: Mapping[str, Any]) -> int | None:
    for name, value in properties.items():
        if folded(name) not in CHECKS or value is None or value == "" or _is_operator(value):
            continue
        code, is_valid = CHECKS[folded(name)]
        if not is_valid(value):
            return code
    return None


def _is_operator(value: Any) -> bool:  # noqa: ANN401 - any JSON value
    return isinstance(value, dict) and all(key.startswith("$") for key in value)


def _matches(pattern: Callable[[str], object]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and pattern(value) is not None


def _is_one_of(limit: limit_table.WordLimit) -> tuple[int, Callable[[Any], bool]]:
    return int(limit.code), lambda value: value in limit.words


def _is_age(value: Any) -> bool:  # noqa: ANN401 - any JSON value
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        return False
    text = str(value)
    return WHOLE(text) is not None and 0 < int(text) <= limit_table.AGE.most


CHECKS: Mapping[str, tuple[int, Callable[[Any], bool]]] = {
    "gender": _is_one_of(limit_table.GENDERS),
    "email": (515, _matches(EMAIL)),
    "phone": (int(limit_table.PHONE_DIGITS.code), _matches(PHONE)),
    "employed": _is_one_of(limit_table.EMPLOYED),
    "education": _is_one_of(limit_table.EDUCATION),
    "married": _is_one_of(limit_table.MARRIED),
    "age": (int(limit_table.AGE.code), _is_age),
}
"""By the folded name of a property of a profile, its code and what is valid."""
