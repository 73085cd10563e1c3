"""The mapping for the `profiles` of tap-clevertap."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_clevertap._plugin.shown import shown
from target_clevertap.records import operations, values
from target_clevertap.records.errors import RecordRefusedError
from target_clevertap.records.kinds import ANY
from target_clevertap.records.limits import check_properties, name_fault
from target_clevertap.records.mapping import ARE_ONE, Mapped, RecordUser
from target_clevertap.records.names import USER_KEYS, Spellings, folded
from target_clevertap.records.property_plans import JOINS_USERS, refusing
from target_clevertap.records.tap_columns import TapColumns, convert_properties

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Record = dict[str, Any]
    Convert = Callable[[Any], Any]


class TapProfileMapping:
    """Maps the `profiles` of tap-clevertap."""

    def __init__(self, columns: Iterable[str]) -> None:
        """Prepare the mapping.

        Args:
            columns: The names of the stream's columns.
        """
        self._columns = TapColumns([*columns])
        self._converts: dict[str, Convert] = {}
        self._spellings = Spellings()

    def __call__(self, record: Record) -> Mapped:
        """Return a record as CleverTap takes it.

        Raises:
            RecordRefusedError: When CleverTap would refuse it.
        """
        columns = self._columns
        kind, identity = self._user(record)
        data = columns.open_object(record, "profile_data")
        properties = convert_properties(data, self._converts, self._convert, self._spellings)
        self._remove_user_keys(properties, {kind: [identity], "objectId": self._object_ids(record)})
        for column in ("name", "email", "phone"):
            value = columns.value(record, column)
            if value not in (None, ""):
                self._add_standard(properties, column, values.plain(columns.where(column))(value))
        if str(properties.get("Phone", "")).isdecimal():
            # exports give some numbers without the sign that uploads demand [code 516]
            properties["Phone"] = f"+{properties['Phone']}"
        check_properties(properties, of_profile=True)
        body = {"type": "profile", kind: identity, "profileData": properties}
        return Mapped(f"{kind}\0{identity}", body, operations.changes_by_amount(properties))

    def record_user(self, record: Record) -> RecordUser:
        """Return the user of a record, as `RecordMapping` does."""
        kind, identity = self._user(record)
        others = [f"objectId\0{each}" for each in self._object_ids(record)]
        return RecordUser([f"{kind}\0{identity}", *others], is_profile=True)

    def _user(self, record: Record) -> tuple[str, str]:
        columns = self._columns
        if columns.value(record, "identity") not in (None, ""):
            return columns.user(record, None)
        object_ids = self._object_ids(record)
        if not object_ids:
            where = columns.where("object_ids")
            reason = f"{where} holds neither a list of object ids nor JSON text of one"
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

    def _remove_user_keys(self, properties: Record, keys: dict[str, list[str]]) -> None:
        """Remove user keys from the properties, and check that they are keys of this user.

        Args:
            properties: By name.
            keys: The keys of this user by type.
        """
        for folded_key in USER_KEYS:
            own = [key for kind, each in keys.items() if folded(kind) == folded_key for key in each]
            for _, name in self._spellings.of(folded_key):
                if name in properties and str(properties.pop(name)) not in own:
                    reason = f"{self._where(name)} {JOINS_USERS}"
                    code = "user_key_forbidden"
                    raise RecordRefusedError(code, reason)

    def _add_standard(self, properties: Record, column: str, value: Any) -> None:  # noqa: ANN401 - JSON
        """Add a standard property, and check that `profile_data` has no other value for it."""
        for _, name in self._spellings.of(column):
            if name in properties and _without_sign(properties.pop(name)) != _without_sign(value):
                code = "names_clash"
                reason = f"{self._columns.where(column)} and {self._where(name)} {ARE_ONE}"
                raise RecordRefusedError(code, reason)
        properties[column.capitalize()] = value

    def _where(self, name: str) -> str:
        return f"{shown(name)} in {self._columns.where('profile_data')}"

    def _convert(self, name: str) -> Convert:
        where = self._where(name)
        if fault := name_fault(name, of_profile=True):
            return refusing("name_forbidden", f"{where}: {fault}")
        plain, several = values.plain(where), operations.operation_conversion("$set", ANY, where)
        # the row of a file that CleverTap did not import may be an operation
        single = operations.unless_operation(plain, ANY, where)
        # an export gives a multi-value property as a list; as text it would lose its values
        return lambda value: several(value) if isinstance(value, list) else single(value)


def _without_sign(value: Any) -> str:  # noqa: ANN401 - any JSON value may stand there
    """Return a value as text; exports give telephone numbers with `+` and without."""
    return str(value).removeprefix("+")
