"""From a stream's record to a CleverTap record, planned once for each schema."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from target_clevertap import values
from target_clevertap.checks import (
    CHARGED_ITEMS,
    RecordRefusedError,
    check_properties,
    checked_event,
    checked_identity,
    name_fault,
)

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

    def __call__(self, record: Record) -> Mapped:
        """Return the record as CleverTap takes it.

        Raises:
            RecordRefusedError: When CleverTap would not take it.
        """
        rule = self._rule
        identity = checked_identity(record.get(rule.identity), rule.identity)
        body: Record = {"type": rule.type, rule.identity_type: identity}
        if rule.time is not None:
            body["ts"] = values.timestamp(record.get(rule.time), rule.time)
        properties = self._properties(record)
        if rule.is_event:
            body["evtName"] = self._event_name(record)
            check_items(body["evtName"], properties)
        check_properties(properties, of_profile=not rule.is_event)
        body[self._data_key] = properties
        counts_again = rule.is_event or values.changes_by_amount(properties)
        return Mapped(f"{rule.identity_type}\0{identity}", body, counts_again)

    def names(self, columns: Iterable[str]) -> set[str]:
        """Return the names of the properties that these columns become."""
        return {name for column in columns for name in self._names(column)}

    def _event_name(self, record: Record) -> str:
        if self._rule.event_field is None:
            return self._rule.event or ""
        return checked_event(record.get(self._rule.event_field), self._rule.event_field)

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
        if operator := rule.operations.get(column) or rule.operations.get(name):
            return values.operated(column, operator)
        if rule.is_event and name == "Items":
            return values.items(column)
        certainty = values.date_format(self._columns.schema(column))
        convert = (
            values.dated(column, strict=certainty == "strict")
            if certainty
            else values.plain(column)
        )
        return convert if rule.is_event else values.operation_or(convert, column)


def refusing(code: str, reason: str) -> Convert:
    """Return a conversion that refuses every value but null."""

    def convert(_: Any) -> Any:  # noqa: ANN401 - the signature of all conversions
        raise RecordRefusedError(code, reason)

    return convert


def check_items(event_name: str, properties: Record) -> None:
    """Keep `Items` a list only where CleverTap takes one: in a Charged event.

    Raises:
        RecordRefusedError: For more than it takes.
    """
    entries = properties.get("Items")
    if not isinstance(entries, list):
        return
    if event_name.strip().casefold() != "charged":
        properties["Items"] = values.encode(entries).decode()
    elif len(entries) > CHARGED_ITEMS:
        code, reason = "too_many_items", f"{len(entries)} Items; CleverTap takes {CHARGED_ITEMS}"
        raise RecordRefusedError(code, reason)
