"""The streams of tap-clevertap, which are understood without a rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_clevertap import charged, operations, values
from target_clevertap.checks import (
    RecordRefusedError,
    check_properties,
    checked_event,
    checked_identity,
    name_fault,
)
from target_clevertap.kinds import ANY
from target_clevertap.mapping import Mapped, refusing
from target_clevertap.moments import timestamp
from target_clevertap.shown import shown

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
    """Tell whether these are the columns of tap-clevertap's `events`, in any case."""
    return TAP_EVENT_COLUMNS.issubset(column.lower() for column in columns)


def is_tap_profiles(columns: Iterable[str]) -> bool:
    """Tell whether these are the columns of tap-clevertap's `profiles`, in any case."""
    return TAP_PROFILE_COLUMNS.issubset(column.lower() for column in columns)


class TapColumns:
    """The columns of tap-clevertap in a stream: warehouses write their names in any case."""

    def __init__(self, columns: Iterable[str]) -> None:
        """Find them.

        Args:
            columns: The names as the stream has them.
        """
        self._spelled: dict[str, str] = {}
        for column in columns:
            self._spelled.setdefault(column.lower(), column)
        self._spelled.update({column: column for column in columns if column == column.lower()})

    def named(self, column: str) -> str:
        """Return what the stream calls a column."""
        return self._spelled.get(column, column)

    def value(self, record: Record, column: str) -> Any:  # noqa: ANN401 - any JSON value
        """Return the value of a column, None where the record lacks it."""
        return record.get(self._spelled.get(column, column))

    def place(self, column: str) -> str:
        """Return what the reason of a refusal calls a column."""
        return f"column {shown(self.named(column))}"

    def open_object(self, record: Record, column: str) -> Record:
        """Return the object in a column, also where a warehouse made JSON text of it.

        Raises:
            RecordRefusedError: For anything but an object, its JSON text or null.
        """
        value = self.value(record, column)
        if isinstance(value, str):
            value = values.read_json(value) if value.strip() else None
        if value is None:
            return {}
        if not isinstance(value, dict):
            code = "value_invalid"
            reason = f"{self.place(column)} holds neither an object nor JSON text of one"
            raise RecordRefusedError(code, reason)
        return value

    def user(self, record: Record, object_id: Any) -> tuple[str, str]:  # noqa: ANN401 - any JSON value
        """Return the type of a user's key, and the key: the identity, else the object id.

        Raises:
            RecordRefusedError: `identity_missing` or `identity_invalid`.
        """
        identity = self.value(record, "identity")
        if identity not in (None, ""):
            return "identity", checked_identity(identity, self.named("identity"))
        return "objectId", checked_identity(object_id, self.named("object_id"))


class TapEventMapping:
    """The `events` of tap-clevertap, as they are."""

    def __init__(self, columns: Iterable[str]) -> None:
        """Make a mapping that has seen no property yet.

        Args:
            columns: The names of the stream's columns.
        """
        self._columns = TapColumns([*columns])
        self._converts: dict[bool, dict[str, Convert]] = {True: {}, False: {}}

    def __call__(self, record: Record) -> Mapped:
        """Return the record as CleverTap takes it.

        Raises:
            RecordRefusedError: When CleverTap would not take it.
        """
        columns = self._columns
        kind, identity = columns.user(record, columns.value(record, "object_id"))
        name = checked_event(columns.value(record, "event_name"), columns.named("event_name"))
        is_charged = charged.is_charged(name)
        properties = converted(
            columns.open_object(record, "event_props"),
            self._converts[is_charged],
            lambda name: self._convert(name, is_charged=is_charged),
        )
        if is_charged:
            charged.respell_items(properties)
        check_properties(properties, of_profile=False)
        ts = timestamp(columns.value(record, "event_time"), columns.place("event_time"))
        body = {"type": "event", kind: identity, "ts": ts, "evtName": name, "evtData": properties}
        return Mapped(f"{kind}\0{identity}", body, counts_again=True)

    def _convert(self, name: str, *, is_charged: bool) -> Convert:
        place = f"{shown(name)} in {self._columns.place('event_props')}"
        if fault := name_fault(name, of_profile=False):
            return refusing("name_forbidden", f"{place}: {fault}")
        if is_charged and charged.is_items(name):
            return charged.items(place)
        convert = values.plain(place)
        return charged.items_as_text(convert, place) if name == charged.ITEMS else convert


class TapProfileMapping:
    """The `profiles` of tap-clevertap, as they are."""

    def __init__(self, columns: Iterable[str]) -> None:
        """Make a mapping that has seen no property yet.

        Args:
            columns: The names of the stream's columns.
        """
        self._columns = TapColumns([*columns])
        self._converts: dict[str, Convert] = {}

    def __call__(self, record: Record) -> Mapped:
        """Return the record as CleverTap takes it.

        Raises:
            RecordRefusedError: When CleverTap would not take it.
        """
        columns = self._columns
        kind, identity = self._user(record)
        data = columns.open_object(record, "profile_data")
        properties = converted(data, self._converts, self._convert)
        for column in ("name", "email", "phone"):
            value = columns.value(record, column)
            if value not in (None, ""):
                properties[column.capitalize()] = values.plain(columns.place(column))(value)
        if str(properties.get("Phone", "")).isdecimal():
            # exports give some numbers without the sign that uploads demand [code 516]
            properties["Phone"] = f"+{properties['Phone']}"
        check_properties(properties, of_profile=True)
        body = {"type": "profile", kind: identity, "profileData": properties}
        return Mapped(f"{kind}\0{identity}", body, operations.changes_by_amount(properties))

    def _user(self, record: Record) -> tuple[str, str]:
        columns = self._columns
        if columns.value(record, "identity") not in (None, ""):
            return columns.user(record, None)
        listed = columns.value(record, "object_ids")
        listed = values.read_json(listed) if isinstance(listed, str) else listed
        listed = listed if isinstance(listed, list) else []
        object_ids = [found for found in listed if isinstance(found, str)]
        if not object_ids:
            reason = (
                f"{columns.place('object_ids')} holds no list of object ids, nor JSON text of one"
            )
            code = "identity_missing"
            raise RecordRefusedError(code, reason)
        return columns.user(record, min(object_ids))

    def _convert(self, name: str) -> Convert:
        place = f"{shown(name)} in {self._columns.place('profile_data')}"
        if fault := name_fault(name, of_profile=True):
            return refusing("name_forbidden", f"{place}: {fault}")
        single, several = values.plain(place), operations.operated("$set", ANY, place)
        # an export gives a multi-value property as a list; as text it would lose its values
        return lambda value: several(value) if isinstance(value, list) else single(value)


def converted(
    properties: Record, converts: dict[str, Convert], plan: Callable[[str], Convert]
) -> Record:
    """Return the properties in an object column of tap-clevertap, ready to send.

    Args:
        properties: The object.
        converts: The plans made so far, by name; added to.
        plan: How to make one for a name.

    Raises:
        RecordRefusedError: When CleverTap would not take one of them.
    """
    result: Record = {}
    for name, value in properties.items():
        if value is None:
            continue
        convert = converts.get(name)
        if convert is None:
            convert = converts[name] = plan(name)
        if (sent := convert(value)) is not None:
            result[name] = sent
    return result
