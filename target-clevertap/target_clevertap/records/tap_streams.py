"""The streams of tap-clevertap, which are understood without a rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_clevertap._plugin.shown import shown
from target_clevertap.records import charged, operations, values
from target_clevertap.records.errors import RecordRefusedError
from target_clevertap.records.kinds import ANY
from target_clevertap.records.limits import (
    check_properties,
    checked_event,
    checked_identity,
    name_fault,
)
from target_clevertap.records.mapping import ARE_ONE, JOINS_USERS, Mapped, check_names, refusing
from target_clevertap.records.moments import timestamp
from target_clevertap.records.names import USER_KEYS, Spellings, folded

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

    def user(
        self,
        record: Record,
        object_id: Any,  # noqa: ANN401 - any JSON value
        column: str = "object_id",
    ) -> tuple[str, str]:
        """Return the type of a user's key, and the key: the identity, else the object id.

        Raises:
            RecordRefusedError: `identity_missing` or `identity_invalid`.
        """
        identity = self.value(record, "identity")
        if identity not in (None, ""):
            return "identity", checked_identity(identity, self.named("identity"))
        return "objectId", checked_identity(object_id, self.named(column))


def lost_columns(columns: Iterable[str]) -> tuple[str, list[str]] | None:
    """Return which stream of tap-clevertap columns are of, and which open objects it has lost.

    None where they are of neither.
    """
    present = {column.lower() for column in columns}
    for stream, own, open_columns in (
        ("events", TAP_EVENT_COLUMNS, ["event_props"]),
        ("profiles", TAP_PROFILE_COLUMNS, ["object_ids", "profile_data"]),
    ):
        missing = [column for column in open_columns if column not in present]
        if missing and own.difference(open_columns) <= present:
            return stream, missing
    return None


class TapEventMapping:
    """The `events` of tap-clevertap, as they are."""

    def __init__(self, columns: Iterable[str]) -> None:
        """Make a mapping that has seen no property yet.

        Args:
            columns: The names of the stream's columns.
        """
        self._columns = TapColumns([*columns])
        self._converts: dict[bool, dict[str, Convert]] = {True: {}, False: {}}
        self._spellings = Spellings()

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
            self._spellings,
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
        self._spellings = Spellings()

    def __call__(self, record: Record) -> Mapped:
        """Return the record as CleverTap takes it.

        Raises:
            RecordRefusedError: When CleverTap would not take it.
        """
        columns = self._columns
        kind, identity = self._user(record)
        data = columns.open_object(record, "profile_data")
        properties = converted(data, self._converts, self._convert, self._spellings)
        self._take_out_keys(properties, {kind: [identity], "objectId": self._object_ids(record)})
        for column in ("name", "email", "phone"):
            value = columns.value(record, column)
            if value not in (None, ""):
                self._put(properties, column, values.plain(columns.place(column))(value))
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
        object_ids = self._object_ids(record)
        if not object_ids:
            reason = (
                f"{columns.place('object_ids')} holds no list of object ids, nor JSON text of one"
            )
            code = "identity_missing"
            raise RecordRefusedError(code, reason)
        return columns.user(record, min(object_ids), "object_ids")

    def _object_ids(self, record: Record) -> list[str]:
        listed = self._columns.value(record, "object_ids")
        listed = values.read_json(listed) if isinstance(listed, str) else listed
        return (
            [each for each in listed if isinstance(each, str) and each.strip()]
            if isinstance(listed, list)
            else []
        )

    def _take_out_keys(self, properties: Record, keys: dict[str, list[str]]) -> None:
        """Take user keys out of the properties, which are to be the user's own.

        Args:
            properties: By name.
            keys: The user's keys by type.
        """
        for folded_key in USER_KEYS:
            own = [key for kind, each in keys.items() if folded(kind) == folded_key for key in each]
            for _, name in self._spellings.of(folded_key):
                if name in properties and str(properties.pop(name)) not in own:
                    reason = f"{self._place(name)} {JOINS_USERS}"
                    code = "user_key_forbidden"
                    raise RecordRefusedError(code, reason)

    def _put(self, properties: Record, column: str, value: Any) -> None:  # noqa: ANN401 - JSON
        """Add a standard field, which is not to be in `profile_data` with another value."""
        for _, name in self._spellings.of(column):
            if name in properties and _bare(properties.pop(name)) != _bare(value):
                code = "names_clash"
                reason = f"{self._columns.place(column)} and {self._place(name)} {ARE_ONE}"
                raise RecordRefusedError(code, reason)
        properties[column.capitalize()] = value

    def _place(self, name: str) -> str:
        return f"{shown(name)} in {self._columns.place('profile_data')}"

    def _convert(self, name: str) -> Convert:
        place = self._place(name)
        if fault := name_fault(name, of_profile=True):
            return refusing("name_forbidden", f"{place}: {fault}")
        single, several = values.plain(place), operations.operated("$set", ANY, place)
        # an export gives a multi-value property as a list; as text it would lose its values
        return lambda value: several(value) if isinstance(value, list) else single(value)


def converted(
    properties: Record,
    converts: dict[str, Convert],
    plan: Callable[[str], Convert],
    spellings: Spellings,
) -> Record:
    """Return the properties in an object column of tap-clevertap, ready to send.

    Args:
        properties: The object.
        converts: The plans made so far, by name; added to.
        plan: How to make one for a name.
        spellings: The names seen so far; added to.

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
            spellings.add(name, name)
        if (sent := convert(value)) is not None:
            result[name] = sent
    if spellings.pairs:
        check_names(spellings, result, result)
    return result


def _bare(value: Any) -> str:  # noqa: ANN401 - any JSON value may stand there
    """Return a value as text; a telephone number comes with its sign and without."""
    return str(value).removeprefix("+")
