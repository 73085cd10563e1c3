"""The streams of tap-clevertap, which are understood without a rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_clevertap import values
from target_clevertap.checks import check_properties, checked_event, checked_identity, name_fault
from target_clevertap.mapping import Mapped, check_items, refusing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Record = dict[str, Any]
    Convert = Callable[[Any], Any]

TAP_EVENT_COLUMNS = {
    "event_key",
    "event_name",
    "event_time",
    "object_id",
    "identity",
    "event_props",
}
TAP_PROFILE_COLUMNS = {"profile_key", "identity", "object_ids", "profile_data", "seen_through"}


def is_tap_events(columns: Iterable[str]) -> bool:
    """Tell whether these are the columns of tap-clevertap's `events`."""
    return TAP_EVENT_COLUMNS.issubset(columns)


def is_tap_profiles(columns: Iterable[str]) -> bool:
    """Tell whether these are the columns of tap-clevertap's `profiles`."""
    return TAP_PROFILE_COLUMNS.issubset(columns)


class TapEventMapping:
    """The `events` of tap-clevertap, as they are."""

    def __init__(self) -> None:
        """Make a mapping that has seen no property yet."""
        self._converts: dict[str, Convert] = {}

    def __call__(self, record: Record) -> Mapped:
        """Return the record as CleverTap takes it.

        Raises:
            RecordRefusedError: When CleverTap would not take it.
        """
        kind, identity = tap_user(record, record.get("object_id"))
        name = checked_event(record.get("event_name"), "event_name")
        properties = converted(record.get("event_props"), self._converts, _event_convert)
        check_items(name, properties)
        check_properties(properties, of_profile=False)
        ts = values.timestamp(record.get("event_time"), "event_time")
        body = {"type": "event", kind: identity, "ts": ts, "evtName": name, "evtData": properties}
        return Mapped(f"{kind}\0{identity}", body, counts_again=True)


class TapProfileMapping:
    """The `profiles` of tap-clevertap, as they are."""

    def __init__(self) -> None:
        """Make a mapping that has seen no property yet."""
        self._converts: dict[str, Convert] = {}

    def __call__(self, record: Record) -> Mapped:
        """Return the record as CleverTap takes it.

        Raises:
            RecordRefusedError: When CleverTap would not take it.
        """
        listed = record.get("object_ids")
        listed = listed if isinstance(listed, list) else []
        object_ids = [found for found in listed if isinstance(found, str)]
        kind, identity = tap_user(record, min(object_ids, default=None))
        properties = converted(record.get("profile_data"), self._converts, _profile_convert)
        for column in ("name", "email", "phone"):
            if record.get(column) not in (None, ""):
                properties[column.capitalize()] = values.plain(column)(record[column])
        if str(properties.get("Phone", "")).isdecimal():
            # exports give some numbers without the sign that uploads demand [code 516]
            properties["Phone"] = f"+{properties['Phone']}"
        check_properties(properties, of_profile=True)
        body = {"type": "profile", kind: identity, "profileData": properties}
        return Mapped(f"{kind}\0{identity}", body, values.changes_by_amount(properties))


def tap_user(record: Record, object_id: Any) -> tuple[str, str]:  # noqa: ANN401 - any JSON value
    """Return the key of a tap-clevertap record's user and its type.

    Raises:
        RecordRefusedError: `identity_missing` or `identity_invalid`.
    """
    if record.get("identity") not in (None, ""):
        return "identity", checked_identity(record["identity"], "identity")
    return "objectId", checked_identity(object_id, "object_id")


def converted(
    properties: Any,  # noqa: ANN401 - any JSON value may stand there
    converts: dict[str, Convert],
    plan: Callable[[str], Convert],
) -> Record:
    """Return the properties in an object column of tap-clevertap, ready to send.

    Args:
        properties: The object, or null.
        converts: The plans made so far, by name; added to.
        plan: How to make one for a name.

    Raises:
        RecordRefusedError: When CleverTap would not take one of them.
    """
    result: Record = {}
    for name, value in (properties if isinstance(properties, dict) else {}).items():
        if value is None:
            continue
        convert = converts.get(name)
        if convert is None:
            convert = converts[name] = plan(name)
        result[name] = convert(value)
    return result


def _event_convert(name: str) -> Convert:
    if fault := name_fault(name, of_profile=False):
        return refusing("name_forbidden", fault)
    return values.items(name) if name == "Items" else values.plain(name)


def _profile_convert(name: str) -> Convert:
    if fault := name_fault(name, of_profile=True):
        return refusing("name_forbidden", fault)
    single, several = values.plain(name), values.operated(name, "$set")
    # an export gives a multi-value property as a list; sent back as text it would lose its values
    return lambda value: several(value) if isinstance(value, list) else single(value)
