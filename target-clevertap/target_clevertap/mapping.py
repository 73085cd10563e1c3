"""From a stream's record to a CleverTap record, planned once for each schema."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from target_clevertap import charged, operations, values
from target_clevertap.checks import (
    RecordRefusedError,
    check_properties,
    checked_event,
    checked_identity,
    name_fault,
)
from target_clevertap.kinds import kind_of
from target_clevertap.moments import timestamp
from target_clevertap.shown import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from target_clevertap.columns import Columns
    from target_clevertap.rule import Rule

    Record = dict[str, Any]
    Convert = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Mapped:
    """A record as CleverTap takes it."""

    user: str
    """The user key with its type before it: records of equal users keep their order."""

    body: Record

    counts_again: bool
    """Whether sending it twice counts twice: events, and profiles with `$incr` or `$decr`."""


class RuleMapping:
    """A stream's records by its rule.

    Plans are made for each column when it is first seen, for a record may bring columns that its
    schema does not name.
    """

    def __init__(self, rule: Rule, columns: Columns) -> None:
        """Plan for a schema.

        Args:
            rule: With columns that were checked.
            columns: What the SCHEMA says of them.
        """
        self._rule = rule
        self._columns = columns
        self._plans: dict[str, list[tuple[str, Convert]]] = {}
        self._data_key = "evtData" if rule.is_event else "profileData"
        self._time_place = f"column {shown(rule.time)}"
        self._reads_identity = kind_of(columns.schema(rule.identity)).is_nested
        self._is_charged = charged.is_charged(rule.event or "")

    def __call__(self, record: Record) -> Mapped:
        """Return the record as CleverTap takes it.

        Raises:
            RecordRefusedError: When CleverTap would not take it.
        """
        rule = self._rule
        identity = record.get(rule.identity)
        if self._reads_identity and isinstance(identity, str):
            identity = values.read_json(identity)  # an object is not a user key as text either
        identity = checked_identity(identity, rule.identity)
        body: Record = {"type": rule.type, rule.identity_type: identity}
        if rule.time is not None:
            body["ts"] = timestamp(record.get(rule.time), self._time_place)
        if rule.is_event:
            body["evtName"] = self._event_name(record)
        properties = self._properties(record)
        if self._is_charged:
            charged.respell_items(properties)
        check_properties(properties, of_profile=not rule.is_event)
        body[self._data_key] = properties
        counts_again = rule.is_event or operations.changes_by_amount(properties)
        return Mapped(f"{rule.identity_type}\0{identity}", body, counts_again)

    def names(self, columns: Iterable[str]) -> set[str]:
        """Return the names of the properties that these columns become."""
        return {name for column in columns for name in self._names(column)}

    def _event_name(self, record: Record) -> str:
        if self._rule.event_field is None:
            return self._rule.event or ""
        name = checked_event(record.get(self._rule.event_field), self._rule.event_field)
        self._is_charged = charged.is_charged(name)
        return name

    def _properties(self, record: Record) -> Record:
        properties: Record = {}
        for column, value in record.items():
            if value is None:
                continue
            plan = self._plans.get(column)
            if plan is None:
                plan = self._plans[column] = self._plan(column)
            for name, convert in plan:
                if (converted := convert(value)) is not None:
                    properties[name] = converted
        return properties

    def _plan(self, column: str) -> list[tuple[str, Convert]]:
        return [(name, self._convert(column, name)) for name in self._names(column)]

    def _names(self, column: str) -> list[str]:
        rule = self._rule
        if column.startswith("_sdc_"):
            return []
        named = [name for name, source in rule.properties.items() if source == column]
        if named or rule.others == "drop":
            return named
        if column in rule.properties:  # that name is another column's
            return []
        return [] if column in {rule.identity, rule.time, rule.event_field} else [column]

    def _convert(self, column: str, name: str) -> Convert:
        rule = self._rule
        if fault := name_fault(name, of_profile=not rule.is_event):
            return refusing("name_forbidden", fault)
        kind, place = kind_of(self._columns.schema(column)), f"column {shown(column)}"
        if operator := rule.operations.get(column) or rule.operations.get(name):
            return operations.operated(operator, kind, place)
        convert = values.conversion(kind, place)
        if rule.is_event:
            return self._items(name, convert, place) if charged.is_items(name) else convert
        if charged.is_phone(name):
            convert = charged.phone(convert, place)
        return operations.operation_or(convert, kind, place)

    def _items(self, name: str, convert: Convert, place: str) -> Convert:
        of_charged = charged.items(place)
        of_others = charged.items_as_text(convert, place) if name == charged.ITEMS else convert
        if self._rule.event_field is None:
            return of_charged if self._is_charged else of_others

        def convert_by_event(value: Any) -> Any:  # noqa: ANN401 - JSON in, JSON out
            # the event of each record decides, and is known before its properties
            return of_charged(value) if self._is_charged else of_others(value)

        return convert_by_event


def refusing(code: str, reason: str) -> Convert:
    """Return a conversion that refuses every value but null."""

    def convert(_: Any) -> Any:  # noqa: ANN401 - the signature of all conversions
        raise RecordRefusedError(code, reason)

    return convert
