"""What CleverTap would surely refuse; where sources differ on a limit, the loosest of them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from target_clevertap._plugin.shown import shown
from target_clevertap.records import limit_table
from target_clevertap.records.errors import RecordRefusedError
from target_clevertap.records.names import folded

EVENT_PROPERTIES = limit_table.EVENT_PROPERTIES.most
PROFILE_PROPERTIES = limit_table.PROFILE_PROPERTIES.most
CHARGED_ITEMS = limit_table.CHARGED_ITEMS.most
NAME_CHARACTERS = limit_table.NAME_CHARACTERS.most
VALUE_CHARACTERS = limit_table.VALUE_CHARACTERS.most
IDENTITY_CHARACTERS = limit_table.IDENTITY_CHARACTERS.most

FORBIDDEN_IN_NAMES = frozenset(limit_table.FORBIDDEN_IN_NAMES.words)
FORBIDDEN_IN_PROFILE_NAMES = frozenset(limit_table.FORBIDDEN_IN_PROFILE_NAMES.words)

INVALID_IDENTITIES = frozenset(limit_table.INVALID_IDENTITIES.words)
"""Values that stand for no user; compared in lower case."""

LONGEST_INVALID = max(map(len, INVALID_IDENTITIES))

RESERVED_EVENTS = frozenset(map(folded, limit_table.RESERVED_EVENTS.words))
"""Events only CleverTap itself raises; neither case nor spaces count in a name that is sent
[U:platform-considerations]."""

RESTRICTED_EVENT = 513
EVENT_NAME_MISSING = 509
TOO_MANY_PROPERTIES = 522


def is_reserved(event_name: str) -> bool:
    """Return whether only CleverTap itself may raise an event of this name."""
    return folded(event_name) in RESERVED_EVENTS


def name_fault(name: str, *, of_profile: bool) -> str | None:
    """Return what is wrong with a property's name, or None.

    Args:
        name: As CleverTap would get it.
        of_profile: Profiles forbid one character more than events.
    """
    forbidden = FORBIDDEN_IN_PROFILE_NAMES if of_profile else FORBIDDEN_IN_NAMES
    if not forbidden.isdisjoint(name):
        found = " ".join(sorted(forbidden.intersection(name)))
        return f"CleverTap forbids {found} in the name of a property"
    if not name.strip():
        return "the name of a property may not be empty"
    if len(name) > NAME_CHARACTERS:
        return f"the name of a property may have {NAME_CHARACTERS} characters"
    return None


def checked_identity(value: Any, column: str) -> str:  # noqa: ANN401 - any JSON value may stand there
    """Return a user key as CleverTap takes it.

    Raises:
        RecordRefusedError: `identity_missing` or `identity_invalid`.
    """
    is_usual = type(value) is str and len(value.strip()) > LONGEST_INVALID
    identity: str = value if is_usual else _spelled_identity(value, column)
    if len(identity) > IDENTITY_CHARACTERS and len(identity.strip()) > IDENTITY_CHARACTERS:
        code = "identity_invalid"
        reason = f"the user key in column {shown(column)} exceeds {IDENTITY_CHARACTERS} characters"
        raise RecordRefusedError(code, reason)
    return identity


def _spelled_identity(value: Any, column: str) -> str:  # noqa: ANN401 - any JSON value may stand there
    if value is None or value == "":
        code, reason = "identity_missing", f"column {shown(column)} has no user key"
        raise RecordRefusedError(code, reason)
    if isinstance(value, (bool, dict, list)):
        code, reason = "identity_invalid", f"column {shown(column)} holds no text or number"
        raise RecordRefusedError(code, reason)
    if isinstance(value, Decimal) and not value.is_finite():
        code = "identity_invalid"
        reason = f"column {shown(column)} holds NaN, an infinity or a number that is too large"
        raise RecordRefusedError(code, reason)
    identity = str(value)
    if not identity.strip():
        code, reason = "identity_missing", f"column {shown(column)} has no user key"
        raise RecordRefusedError(code, reason)
    if identity.strip().lower() in INVALID_IDENTITIES:
        code, reason = "identity_invalid", f"column {shown(column)} holds a placeholder for no user"
        raise RecordRefusedError(code, reason)
    return identity


def checked_event(name: Any, column: str) -> str:  # noqa: ANN401 - any JSON value may stand there
    """Return an event's name that came in a column.

    Raises:
        RecordRefusedError: With CleverTap's code 509 or 513.
    """
    if not isinstance(name, str) or not name.strip():
        reason = f"column {shown(column)} has no event name"
        raise RecordRefusedError(EVENT_NAME_MISSING, reason)
    if is_reserved(name):
        reason = (
            f"the event name in column {shown(column)} is one that only CleverTap itself may raise"
        )
        raise RecordRefusedError(RESTRICTED_EVENT, reason)
    return name


def most_properties(*, of_profile: bool) -> int:
    """Return how many properties a record may have."""
    return PROFILE_PROPERTIES if of_profile else EVENT_PROPERTIES


def check_properties(properties: dict[str, Any], *, of_profile: bool) -> None:
    """Check the number of a record's properties.

    Raises:
        RecordRefusedError: Code 522.
    """
    limit = most_properties(of_profile=of_profile)
    if len(properties) > limit:
        reason = f"{len(properties)} properties; CleverTap takes {limit}"
        raise RecordRefusedError(TOO_MANY_PROPERTIES, reason)
