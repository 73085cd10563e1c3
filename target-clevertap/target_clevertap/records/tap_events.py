"""The mapping for the `events` of tap-clevertap."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_clevertap._plugin.shown import shown
from target_clevertap.records import charged, values
from target_clevertap.records.limits import check_properties, checked_event, name_fault
from target_clevertap.records.mapping import Mapped, RecordUser
from target_clevertap.records.moments import timestamp
from target_clevertap.records.names import Spellings
from target_clevertap.records.property_plans import refusing
from target_clevertap.records.tap_columns import TapColumns, convert_properties

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Record = dict[str, Any]
    Convert = Callable[[Any], Any]


class TapEventMapping:
    """Maps the `events` of tap-clevertap."""

    def __init__(self, columns: Iterable[str]) -> None:
        """Prepare the mapping.

        Args:
            columns: The names of the stream's columns.
        """
        self._columns = TapColumns([*columns])
        self._converts: dict[bool, dict[str, Convert]] = {True: {}, False: {}}
        self._spellings = Spellings()

    def __call__(self, record: Record) -> Mapped:
        """Return a record as CleverTap takes it.

        Raises:
            RecordRefusedError: When CleverTap would refuse it.
        """
        columns = self._columns
        kind, identity = columns.user(record, columns.value(record, "object_id"))
        name = checked_event(columns.value(record, "event_name"), columns.named("event_name"))
        is_charged = charged.is_charged(name)
        properties = convert_properties(
            columns.open_object(record, "event_props"),
            self._converts[is_charged],
            lambda name: self._convert(name, is_charged=is_charged),
            self._spellings,
        )
        if is_charged:
            charged.respell_items(properties)
        check_properties(properties, of_profile=False)
        ts = timestamp(columns.value(record, "event_time"), columns.where("event_time"))
        body = {"type": "event", kind: identity, "ts": ts, "evtName": name, "evtData": properties}
        return Mapped(f"{kind}\0{identity}", body, counts_again=True)

    def record_user(self, record: Record) -> RecordUser:
        """Return the user of a record, as `RecordMapping` does."""
        object_id = self._columns.value(record, "object_id")
        kind, identity = self._columns.user(record, object_id)
        others = [f"objectId\0{object_id}"] if isinstance(object_id, str) else []
        return RecordUser([f"{kind}\0{identity}", *others], is_profile=False)

    def event_name(self, record: Record) -> str | None:
        """Return the name of a record's event, None where it has none."""
        name = self._columns.value(record, "event_name")
        return name if isinstance(name, str) else None

    def _convert(self, name: str, *, is_charged: bool) -> Convert:
        where = f"{shown(name)} in {self._columns.where('event_props')}"
        if fault := name_fault(name, of_profile=False):
            return refusing("name_forbidden", f"{where}: {fault}")
        if is_charged and charged.is_items(name):
            return charged.items_conversion(where)
        convert = values.plain(where)
        return charged.items_as_text(convert, where) if name == charged.ITEMS else convert
