"""From a stream's record to a CleverTap record, planned once for each schema."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

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
)
from target_clevertap.records.moments import timestamp
from target_clevertap.records.property_plans import PropertyPlans

if TYPE_CHECKING:
    from collections.abc import Callable

    from target_clevertap.records.names import Spellings
    from target_clevertap.rules.rule import Rule
    from target_clevertap.singer.columns import Columns

    Record = dict[str, Any]
    Convert = Callable[[Any], Any]
    PlainProperty = tuple[str, Convert, bool, bool]

ARE_ONE = "are one name for CleverTap, which would lose one of them: it ignores case and spaces"
DOUBLE_EXPONENT = 308
"""A number below ten to this power is one that a double can hold."""


class Mapped(msgspec.Struct, frozen=True, gc=False):
    """A record as CleverTap takes it."""

    user: str
    """The user key with its type before it: records of equal users keep their order."""

    body: Any
    """An object, or the user key alone where a user is deleted."""

    counts_again: bool
    """Whether sending it twice counts twice: events, and profiles with `$incr` or `$decr`."""


class RecordUser(NamedTuple):
    """The user that a record may create."""

    keys: list[str]
    """As `Mapped` has them; the first is the one that the record is sent with."""

    is_profile: bool
    """Whether the record is a profile of the user."""


class RecordMapping(Protocol):
    """How the records of a stream become what CleverTap takes."""

    def __call__(self, record: Record, /) -> Mapped:
        """Return a record as CleverTap takes it.

        Raises:
            RecordRefusedError: When CleverTap would not take it.
        """

    def record_user(self, record: Record, /) -> RecordUser | None:
        """Return the user that a record may create; None where it creates none.

        Raises:
            RecordRefusedError: When the record has no user that CleverTap would take.
        """


class RuleMapping:
    """A stream's records by its rule."""

    removes_nulls = False
    """Whether a null changes what is sent of a record."""

    maps_by_columns = True
    """Whether many records may be mapped at once, column by column."""

    def __init__(self, rule: Rule, columns: Columns) -> None:
        """Map by a schema.

        Args:
            rule: With columns that were checked.
            columns: What the schema says of the columns.
        """
        self.rule = rule
        self._columns = columns
        self.plans = self._make_plans(rule, columns)
        self.data_key = "evtData" if rule.is_event else "profileData"
        self.time_place = f"column {shown(rule.time)}"
        self._identity_kind = kind_of(columns.schema(rule.identity))
        self._rereads_users = values.rereads_user_keys(self._identity_kind)
        self.user_prefix = f"{rule.identity_type}\0"
        self._is_event = rule.is_event
        self._identity, self._time = rule.identity, rule.time
        self._type, self._identity_type = rule.type, rule.identity_type
        self._event = None if rule.event_field is not None else rule.event or ""
        self._timestamp = timestamp
        self._check_properties = check_properties

    def _make_plans(self, rule: Rule, columns: Columns) -> PropertyPlans:
        """Return what the columns become."""
        return PropertyPlans(rule, columns)

    def __call__(self, record: Record) -> Mapped:
        """Return the record as CleverTap takes it.

        Raises:
            RecordRefusedError: When CleverTap would not take it.
        """
        is_event = self._is_event
        identity = self.identity(record.get(self._identity))
        body: Record = {"type": self._type, self._identity_type: identity}
        if self._time is not None:
            body["ts"] = self._timestamp(record.get(self._time), self.time_place)
        if is_event:
            event = self._event
            body["evtName"] = self._event_name(record) if event is None else event
        properties = self._properties(record)
        if self.plans.is_charged:
            charged.respell_items(properties)
        self._check_properties(properties, of_profile=not is_event)
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

    def record_user(self, record: Record) -> RecordUser:
        """Return the user of a record, as `RecordMapping` does."""
        key = self.user_prefix + self.identity(record.get(self._identity))
        return RecordUser([key], self._type == "profile")

    def names(self, column: str) -> list[str]:
        """Return the names of the properties that a column becomes."""
        return self.plans.sent_names(column) if self._columns.allows(column) else []

    def _event_name(self, record: Record) -> str:
        column = self.rule.event_field or ""
        name = checked_event(record.get(column), column)
        self.plans.is_charged = charged.is_charged(name)
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
        if self.plans.spellings.pairs:
            check_names(self.plans.spellings, properties, record)
        return properties


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
