"""The columns of tap-clevertap's streams, which are delivered without a rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_clevertap._plugin.shown import shown
from target_clevertap.records import values
from target_clevertap.records.errors import RecordRefusedError
from target_clevertap.records.limits import checked_identity
from target_clevertap.records.mapping import check_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from target_clevertap.records.names import Spellings

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
    """Whether columns are those of tap-clevertap's `events`, in upper or lower case."""
    return TAP_EVENT_COLUMNS.issubset(column.lower() for column in columns)


def is_tap_profiles(columns: Iterable[str]) -> bool:
    """Whether columns are those of tap-clevertap's `profiles`, in upper or lower case."""
    return TAP_PROFILE_COLUMNS.issubset(column.lower() for column in columns)


class TapColumns:
    """Reads the columns of tap-clevertap, whose names a warehouse may have put in upper case."""

    def __init__(self, columns: Iterable[str]) -> None:
        """Match the columns of a stream.

        Args:
            columns: The names in the stream.
        """
        self._actual_names: dict[str, str] = {}
        for column in columns:
            self._actual_names.setdefault(column.lower(), column)
        self._actual_names.update(
            {column: column for column in columns if column == column.lower()}
        )

    def named(self, column: str) -> str:
        """Return the name of a column in the stream."""
        return self._actual_names.get(column, column)

    def value(self, record: Record, column: str) -> Any:  # noqa: ANN401 - any JSON value
        """Return the value of a column; None where the record does not have it."""
        return record.get(self._actual_names.get(column, column))

    def where(self, column: str) -> str:
        """Return the name of a column for the reason of a reject."""
        return f"column {shown(self.named(column))}"

    def open_object(self, record: Record, column: str) -> Record:
        """Return the object in a column; a warehouse may have turned it into JSON text.

        Raises:
            RecordRefusedError: When the value is not an object, JSON text of one or null.
        """
        value = self.value(record, column)
        if isinstance(value, str):
            value = values.read_json(value) if value.strip() else None
        if value is None:
            return {}
        if not isinstance(value, dict):
            code = "value_invalid"
            reason = f"{self.where(column)} holds neither an object nor JSON text of one"
            raise RecordRefusedError(code, reason)
        return value

    def user(
        self,
        record: Record,
        object_id: Any,  # noqa: ANN401 - any JSON value
        column: str = "object_id",
    ) -> tuple[str, str]:
        """Return the type of the user key and the key: the identity, else the object id.

        Raises:
            RecordRefusedError: `identity_missing` or `identity_invalid`.
        """
        identity = self.value(record, "identity")
        if identity not in (None, ""):
            return "identity", checked_identity(identity, self.named("identity"))
        return "objectId", checked_identity(object_id, self.named(column))


def lost_columns(columns: Iterable[str]) -> tuple[str, list[str]] | None:
    """Return the stream of tap-clevertap that has these columns, and its missing object columns.

    None where no stream has them, or where none of its columns is missing.
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


def convert_properties(
    properties: Record,
    converts: dict[str, Convert],
    conversion: Callable[[str], Convert],
    spellings: Spellings,
) -> Record:
    """Return the properties of an object column of tap-clevertap, as CleverTap takes them.

    Args:
        properties: The object.
        converts: The conversions by name; grows.
        conversion: Makes the conversion for a name.
        spellings: The names seen so far; grows.

    Raises:
        RecordRefusedError: When CleverTap would not take one of them.
    """
    result: Record = {}
    for name, value in properties.items():
        if value is None:
            continue
        convert = converts.get(name)
        if convert is None:
            convert = converts[name] = conversion(name)
            spellings.add(name, name)
        if (sent := convert(value)) is not None:
            result[name] = sent
    if spellings.pairs:
        check_names(spellings, result, result)
    return result
