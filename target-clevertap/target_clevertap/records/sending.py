"""Mapping by a rule with `invalid: send`: CleverTap decides, and our own checks are off.

What cannot be sent at all stays a reject: no user key, no time, no JSON, too many bytes. So does
what would harm other data: names that clash, and keys that join users.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from target_clevertap.records import charged, values
from target_clevertap.records.chosen_mapping import ChosenMapping
from target_clevertap.records.errors import RecordRefusedError
from target_clevertap.records.moments import MomentError, read_any_moment, timestamp
from target_clevertap.records.property_plans import PropertyPlans

if TYPE_CHECKING:
    from collections.abc import Callable

    from target_clevertap.rules.rule import Rule
    from target_clevertap.singer.columns import Columns

    Record = dict[str, Any]
    Convert = Callable[[Any], Any]


class SendingPlans(PropertyPlans):
    """The properties that columns become, whatever their names and lengths."""

    longest = values.NO_LIMIT
    most_items = values.NO_LIMIT

    @override
    def _name_fault(self, name: str) -> str | None:
        return None

    @override
    def _phone(self, convert: Convert, place: str) -> Convert:
        return convert

    @override
    def _items(self, name: str, convert: Convert, place: str) -> Convert:
        usual = super()._items(name, convert, place)

        def items_or_text(value: Any) -> Any:  # noqa: ANN401 - JSON in, JSON out
            try:
                return usual(value)
            except RecordRefusedError:
                return convert(value)

        return items_or_text


class SendingMapping(ChosenMapping):
    """Maps records by a rule, and leaves it to CleverTap to refuse them."""

    maps_by_columns = False

    def __init__(self, rule: Rule, columns: Columns) -> None:
        """Map by a schema.

        Args:
            rule: With columns that were checked.
            columns: What the schema says of the columns.
        """
        super().__init__(rule, columns)
        self._timestamp = _any_timestamp
        self._check_properties = _check_nothing

    @override
    def _make_plans(self, rule: Rule, columns: Columns) -> PropertyPlans:
        return SendingPlans(rule, columns)

    @override
    def identity(self, value: Any) -> str:
        if isinstance(value, str) and value.strip():
            return value
        if values.is_number(value) and (isinstance(value, int) or math.isfinite(value)):
            return str(value)
        return super().identity(value)

    @override
    def _event_name(self, record: Record) -> str:
        name = record.get(self.rule.event_field or "")
        if not isinstance(name, str) or not name.strip():
            return super()._event_name(record)
        self.plans.is_charged = charged.is_charged(name)
        return name


def _any_timestamp(value: Any, where: str) -> int:  # noqa: ANN401 - any JSON value
    """Return seconds since 1970, possible ones or not; other whole numbers as they are."""
    try:
        return read_any_moment(value)
    except MomentError:
        is_whole = isinstance(value, int) and not isinstance(value, bool)
        return value if is_whole else timestamp(value, where)


def _check_nothing(properties: Record, *, of_profile: bool) -> None:
    """Leave the number of properties to CleverTap."""
