"""What each column of a stream becomes by its rule, decided when a record first brings it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from target_clevertap._plugin.shown import shown
from target_clevertap.records import charged, operations, subscription_groups, values
from target_clevertap.records.errors import RecordRefusedError
from target_clevertap.records.kinds import kind_of
from target_clevertap.records.limits import CHARGED_ITEMS, VALUE_CHARACTERS, name_fault
from target_clevertap.records.names import Spellings, is_loader_column, is_user_key

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from target_clevertap.rules.rule import Rule
    from target_clevertap.singer.columns import Columns

    Convert = Callable[[Any], Any]
    PlainProperty = tuple[str, Convert, bool, bool]

JOINS_USERS = "would become a key of the profile's user, and may join two users"
LEFT_OUT_NAMED = 6
"""Columns that a schema forbids and records hold, kept by name: the first few and one more."""


class Property(NamedTuple):
    """What a column becomes, decided when it is first seen."""

    name: str
    convert: Convert
    keeps_text: bool = False
    """Whether `convert` leaves text as it is that is no longer than CleverTap takes."""

    keeps_numbers: bool = False
    """Whether `convert` leaves true, false and numbers as they are that a double can hold."""


class PropertyPlans(dict[str, "tuple[PlainProperty, ...]"]):
    """The properties that each column becomes.

    A plan is made when a record first brings the column: its schema may not name it.
    """

    longest = VALUE_CHARACTERS
    """Characters of a text at most."""

    most_items = CHARGED_ITEMS
    """Items of Charged at most."""

    def __init__(self, rule: Rule, columns: Columns) -> None:
        """Plan for a schema.

        Args:
            rule: With columns that were checked.
            columns: What the schema says of the columns.
        """
        super().__init__()
        self._rule = rule
        self._columns = columns
        self._not_repeated = {rule.identity, rule.time, rule.event_field, rule.only_if}
        self.spellings = Spellings()
        """The names of all properties planned so far."""

        self.is_charged = charged.is_charged(rule.event or "")
        """Whether the record that is mapped now is the event Charged."""

        self.places: Mapping[str, list[str]] | None = None
        """The names of the properties that each place becomes, where records have a shape."""

        self.readings: Mapping[str, Convert] = {}
        """By the name of a property, what is made of its value first."""

        self.long_lists: set[str] = set()
        """The columns so far that held more values than CleverTap keeps of a list."""

        self.left_out: list[str] = []
        """The first columns that records brought and the schema forbids; they are not sent."""

    def __missing__(self, column: str) -> tuple[PlainProperty, ...]:
        # plain tuples: those with names take three times as long to be taken apart
        found = self[column] = tuple(
            (each.name, each.convert, each.keeps_text, each.keeps_numbers)
            for each in self._plan(column)
        )
        return found

    def _plan(self, column: str) -> list[Property]:
        names = self.sent_names(column)
        if names and not self._columns.allows(column):
            if len(self.left_out) < LEFT_OUT_NAMED:
                self.left_out.append(column)
            return []
        for name in names:
            self.spellings.add(column, name)
        return [
            self._refusal(column, name) or self._after_reading(self._property(column, name))
            for name in names
        ]

    def _after_reading(self, plan: Property) -> Property:
        reading = self.readings.get(plan.name)
        if reading is None:
            return plan

        def convert(value: Any) -> Any:  # noqa: ANN401 - JSON in, JSON out
            read = reading(value)
            # a word in CleverTap's form, whatever the column may hold
            return read if isinstance(read, str) and read != value else plan.convert(read)

        return Property(plan.name, convert)

    def sent_names(self, column: str) -> list[str]:
        """Return the names that a column is sent under, were it allowed."""
        if self.places is not None:
            return self.places.get(column, [])
        rule = self._rule
        named = [name for name, source in rule.properties.items() if source == column]
        if named or rule.others == "drop" or is_loader_column(column):
            return named
        return [] if column in self._not_repeated else [column]

    def _refusal(self, column: str, name: str) -> Property | None:
        """Return what refuses every value where none may be sent under this name."""
        is_profile = not self._rule.is_event
        if fault := self._name_fault(name):
            reason = f"column {shown(column)}: {fault}"
            return Property(name, refusing("name_forbidden", reason))
        if is_profile and is_user_key(name) and name not in self._rule.properties:
            reason = f"column {shown(column)} {JOINS_USERS}"
            return Property(name, refusing("user_key_forbidden", reason))
        return None

    def _property(self, column: str, name: str) -> Property:
        rule = self._rule
        kind, place = kind_of(self._columns.schema(column)), f"column {shown(column)}"
        if operator := rule.operations.get(column) or rule.operations.get(name):
            convert = operations.operation_conversion(
                operator, kind, place, lambda: self.long_lists.add(column)
            )
            return Property(name, convert)
        convert = values.conversion(kind, place, self.longest)
        if rule.is_event and charged.is_items(name):
            return Property(name, self._items(name, convert, place))
        if rule.is_event:
            return Property(name, convert, *values.sent_as_is(kind))
        if subscription_groups.are_groups(name):
            return Property(name, subscription_groups.groups_conversion(kind, place))
        if charged.is_phone(name):
            convert = self._phone(convert, place)
            return Property(name, operations.unless_operation(convert, kind, place))
        convert = operations.unless_operation(convert, kind, place)
        return Property(name, convert, *values.sent_as_is(kind))

    def _name_fault(self, name: str) -> str | None:
        """Return why no property may have this name, or None."""
        return name_fault(name, of_profile=not self._rule.is_event)

    def _phone(self, convert: Convert, place: str) -> Convert:
        """Return the conversion for Phone of a profile."""
        return charged.phone_conversion(convert, place)

    def _items(self, name: str, convert: Convert, place: str) -> Convert:
        of_charged = charged.items_conversion(place, self.most_items)
        of_others = charged.items_as_text(convert, place) if name == charged.ITEMS else convert
        if self._rule.event_field is None:
            return of_charged if self.is_charged else of_others

        def convert_by_event(value: Any) -> Any:  # noqa: ANN401 - JSON in, JSON out
            # the event of each record decides, and is known before its properties
            return of_charged(value) if self.is_charged else of_others(value)

        return convert_by_event


def refusing(code: str, reason: str) -> Convert:
    """Return a conversion that refuses every value but null."""

    def convert(_: Any) -> Any:  # noqa: ANN401 - the signature of all conversions
        raise RecordRefusedError(code, reason)

    return convert
