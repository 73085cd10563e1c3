"""From a stream's record to a CleverTap record, planned once for each schema."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from target_clevertap._plugin.shown import shown
from target_clevertap.records import charged, operations, values
from target_clevertap.records.errors import RecordRefusedError
from target_clevertap.records.kinds import kind_of
from target_clevertap.records.limits import (
    VALUE_CHARACTERS,
    check_properties,
    checked_event,
    checked_identity,
    name_fault,
)
from target_clevertap.records.moments import timestamp
from target_clevertap.records.names import Spellings, is_loader_column, is_user_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from target_clevertap.rules.rule import Rule
    from target_clevertap.singer.columns import Columns

    Record = dict[str, Any]
    Convert = Callable[[Any], Any]
    PlainProperty = tuple[str, Convert, bool, bool]

ARE_ONE = "are one name for CleverTap, which would lose one of them: it ignores case and spaces"
JOINS_USERS = "would become a key of the profile's user, and may join two users"
DOUBLE_EXPONENT = 308
"""A number below ten to this power is one that a double can hold."""
LEFT_OUT_NAMED = 6
"""Columns that a schema forbids and records hold, kept by name: the first few and one more."""


class Mapped(msgspec.Struct, frozen=True, gc=False):
    """A record as CleverTap takes it."""

    user: str
    """The user key with its type before it: records of equal users keep their order."""

    body: Record

    counts_again: bool
    """Whether sending it twice counts twice: events, and profiles with `$incr` or `$decr`."""


class Property(NamedTuple):
    """What a column becomes, decided when it is first seen."""

    name: str
    convert: Convert
    keeps_text: bool = False
    """Whether `convert` leaves text as it is that is no longer than CleverTap takes."""

    keeps_numbers: bool = False
    """Whether `convert` leaves true, false and numbers as they are that a double can hold."""


class _Plans(dict[str, "tuple[PlainProperty, ...]"]):
    """What each column becomes, found out when a record first brings it."""

    def __init__(self, plan: Callable[[str], list[Property]]) -> None:
        super().__init__()
        self._plan = plan

    def __missing__(self, column: str) -> tuple[PlainProperty, ...]:
        # plain tuples: those with names take three times as long to be taken apart
        found = self[column] = tuple(
            (each.name, each.convert, each.keeps_text, each.keeps_numbers)
            for each in self._plan(column)
        )
        return found


class RuleMapping:
    """A stream's records by its rule.

    Plans are made for each column when it is first seen, for a record may bring columns that its
    schema does not name.
    """

    def __init__(self, rule: Rule, columns: Columns) -> None:
        """Plan for a schema.

        Args:
            rule: With columns that were checked.
            columns: What the schema says of the columns.
        """
        self.rule = rule
        self._columns = columns
        self.plans = _Plans(self._plan)
        """What each column becomes."""

        self._spellings = Spellings()
        self.data_key = "evtData" if rule.is_event else "profileData"
        self.time_place = f"column {shown(rule.time)}"
        self._identity_kind = kind_of(columns.schema(rule.identity))
        self._rereads_users = values.rereads_user_keys(self._identity_kind)
        self.user_prefix = f"{rule.identity_type}\0"
        self._is_event = rule.is_event
        self._is_charged = charged.is_charged(rule.event or "")
        self._not_repeated = {rule.identity, rule.time, rule.event_field}
        self._identity, self._time = rule.identity, rule.time
        self._type, self._identity_type = rule.type, rule.identity_type
        self._event = None if rule.event_field is not None else rule.event or ""
        self.left_out: list[str] = []
        """The first columns that records brought and the schema forbids; they are not sent."""

    def __call__(self, record: Record) -> Mapped:
        """Return the record as CleverTap takes it.

        Raises:
            RecordRefusedError: When CleverTap would not take it.
        """
        is_event = self._is_event
        identity = self.identity(record.get(self._identity))
        body: Record = {"type": self._type, self._identity_type: identity}
        if self._time is not None:
            body["ts"] = timestamp(record.get(self._time), self.time_place)
        if is_event:
            event = self._event
            body["evtName"] = self._event_name(record) if event is None else event
        properties = self._properties(record)
        if self._is_charged:
            charged.respell_items(properties)
        check_properties(properties, of_profile=not is_event)
        body[self.data_key] = properties
        counts_again = is_event or operations.changes_by_amount(properties)
        return Mapped(self.user_prefix + identity, body, counts_again)

    def identity(self, value: Any) -> str:  # noqa: ANN401 - any JSON value
        """Return the user key in the column for it, as CleverTap takes it.

        Raises:
            RecordRefusedError: When CleverTap would not take it.
        """
        if self._rereads_users and isinstance(value, str):
            value = values.user_key(value, self._identity_kind)
        return checked_identity(value, self._identity)

    @property
    def clashes(self) -> bool:
        """Whether two columns met so far may become one property."""
        return bool(self._spellings.pairs)

    def names(self, column: str) -> list[str]:
        """Return the names of the properties that a column becomes."""
        return self._names(column) if self._columns.allows(column) else []

    def _event_name(self, record: Record) -> str:
        column = self.rule.event_field or ""
        name = checked_event(record.get(column), column)
        self._is_charged = charged.is_charged(name)
        return name

    def _properties(self, record: Record) -> Record:
        properties: Record = {}
        plans = self.plans
        for column, value in record.items():
            if value is None:
                continue
            kind = type(value)
            for name, convert, keeps_text, keeps_numbers in plans[column]:
                # what most values are, without a call
                if kind is str:
                    is_kept = keeps_text and len(value) <= VALUE_CHARACTERS
                elif kind is Decimal:
                    is_kept = (
                        keeps_numbers and value.is_finite() and value.adjusted() < DOUBLE_EXPONENT
                    )
                else:
                    is_kept = keeps_numbers and (kind is int or kind is bool)
                if is_kept:
                    properties[name] = value
                elif (converted := convert(value)) is not None:
                    properties[name] = converted
        if self._spellings.pairs:
            check_names(self._spellings, properties, record)
        return properties

    def _plan(self, column: str) -> list[Property]:
        names = self._names(column)
        if names and not self._columns.allows(column):
            if len(self.left_out) < LEFT_OUT_NAMED:
                self.left_out.append(column)
            return []
        for name in names:
            self._spellings.add(column, name)
        return [self._refusal(column, name) or self._property(column, name) for name in names]

    def _names(self, column: str) -> list[str]:
        rule = self.rule
        named = [name for name, source in rule.properties.items() if source == column]
        if named or rule.others == "drop" or is_loader_column(column):
            return named
        return [] if column in self._not_repeated else [column]

    def _refusal(self, column: str, name: str) -> Property | None:
        """Return what refuses every value where none may be sent under this name."""
        is_profile = not self.rule.is_event
        if fault := name_fault(name, of_profile=is_profile):
            reason = f"column {shown(column)}: {fault}"
            return Property(name, refusing("name_forbidden", reason))
        if is_profile and is_user_key(name) and name not in self.rule.properties:
            reason = f"column {shown(column)} {JOINS_USERS}"
            return Property(name, refusing("user_key_forbidden", reason))
        return None

    def _property(self, column: str, name: str) -> Property:
        rule = self.rule
        kind, place = kind_of(self._columns.schema(column)), f"column {shown(column)}"
        if operator := rule.operations.get(column) or rule.operations.get(name):
            return Property(name, operations.operation_conversion(operator, kind, place))
        convert = values.conversion(kind, place)
        if rule.is_event and charged.is_items(name):
            return Property(name, self._items(name, convert, place))
        if rule.is_event:
            return Property(name, convert, *values.sent_as_is(kind))
        if charged.is_phone(name):
            convert = charged.phone_conversion(convert, place)
            return Property(name, operations.unless_operation(convert, kind, place))
        convert = operations.unless_operation(convert, kind, place)
        return Property(name, convert, *values.sent_as_is(kind))

    def _items(self, name: str, convert: Convert, place: str) -> Convert:
        of_charged = charged.items_conversion(place)
        of_others = charged.items_as_text(convert, place) if name == charged.ITEMS else convert
        if self.rule.event_field is None:
            return of_charged if self._is_charged else of_others

        def convert_by_event(value: Any) -> Any:  # noqa: ANN401 - JSON in, JSON out
            # the event of each record decides, and is known before its properties
            return of_charged(value) if self._is_charged else of_others(value)

        return convert_by_event


def check_names(spellings: Spellings, properties: Record, record: Record) -> None:
    """Check that no two properties would be one for CleverTap.

    Args:
        spellings: The names that met so far.
        properties: By the names that are sent.
        record: As it came, for names that two columns share.

    Raises:
        RecordRefusedError: `names_clash`, naming both.
    """
    for (column, name), (other_column, other_name) in spellings.pairs:
        if name == other_name:
            both = record.get(column) is not None and record.get(other_column) is not None
        else:
            both = name in properties and other_name in properties
        if both:
            code = "names_clash"
            reason = f"{sent_as(column, name)} and {sent_as(other_column, other_name)} {ARE_ONE}"
            raise RecordRefusedError(code, reason)


def sent_as(column: str, name: str) -> str:
    """Return how messages show a column, with the name it is sent under where that is another."""
    return shown(column) if column == name else f"{shown(column)} (sent as {shown(name)})"


def refusing(code: str, reason: str) -> Convert:
    """Return a conversion that refuses every value but null."""

    def convert(_: Any) -> Any:  # noqa: ANN401 - the signature of all conversions
        raise RecordRefusedError(code, reason)

    return convert
