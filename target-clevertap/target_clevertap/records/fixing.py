"""Mapping by a rule with `invalid: fix`: values are fixed before they are checked."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from target_clevertap.records import charged
from target_clevertap.records.chosen_mapping import ChosenMapping
from target_clevertap.records.fixes import (
    TRIMMED_FIELDS,
    WHOLE_FIELDS,
    WORD_FIXES,
    Fixed,
    FixKind,
    cut,
    in_seconds,
    trimmed,
)
from target_clevertap.records.kinds import DATE, DECIMAL, NUMBER, kind_of
from target_clevertap.records.moments import timestamp
from target_clevertap.records.names import folded
from target_clevertap.records.property_plans import Property, PropertyPlans

if TYPE_CHECKING:
    from collections.abc import Callable

    from target_clevertap.records.mapping import Mapped
    from target_clevertap.rules.rule import Rule
    from target_clevertap.singer.columns import Columns

    Record = dict[str, Any]
    Convert = Callable[[Any], Any]
    Fix = Callable[[Any], Fixed | None]


class FixingPlans(PropertyPlans):
    """The properties that columns become, with a fix for each where one may be needed."""

    def __init__(self, rule: Rule, columns: Columns) -> None:
        """Plan for a schema.

        Args:
            rule: With columns that were checked.
            columns: What the schema says of the columns.
        """
        super().__init__(rule, columns)
        self.fixed: list[FixKind] = []
        """The fixes of the record that is mapped now."""

    @override
    def _property(self, column: str, name: str) -> Property:
        planned = super()._property(column, name)
        rule, field = self._rule, folded(name)
        if rule.operations.get(column) or rule.operations.get(name):
            return planned
        if rule.is_event and charged.is_items(name):
            return planned
        is_field = not rule.is_event and field in WHOLE_FIELDS
        convert = self._inner(column, field, planned.convert)
        if not rule.is_event and (word := self._word_fix(field)) is not None:
            convert = self._or_word(word, convert)
        return Property(name, convert, keeps_numbers=planned.keeps_numbers and not is_field)

    def _inner(self, column: str, field: str, convert: Convert) -> Convert:
        """Return a conversion of what fixes leave, by the kind of the column."""
        kind, is_profile = kind_of(self._columns.schema(column)), not self._rule.is_event
        fixes: list[Fix] = []
        if is_profile and field in TRIMMED_FIELDS:
            fixes.append(trimmed)
        if kind.has_text and not (is_profile and field in WHOLE_FIELDS):
            fixes.append(cut)
        elif DATE in kind.allowed and kind.allowed.isdisjoint((NUMBER, DECIMAL)):
            fixes.append(in_seconds)
        if not fixes:
            return convert
        fixed = self.fixed

        def fix_and_convert(value: Any) -> Any:  # noqa: ANN401 - JSON in, JSON out
            for fix in fixes:
                if (found := fix(value)) is not None:
                    value = found.value
                    fixed.append(found.kind)
            return convert(value)

        return fix_and_convert

    def _or_word(self, fix: Fix, convert: Convert) -> Convert:
        fixed = self.fixed

        def fix_or_convert(value: Any) -> Any:  # noqa: ANN401 - JSON in, JSON out
            found = fix(value)
            if found is None:
                return convert(value)
            fixed.append(found.kind)
            return found.value

        return fix_or_convert

    def _word_fix(self, field: str) -> Fix | None:
        """Return the fix whose result is sent whatever the column may hold."""
        return self._phone_fix() if field == "phone" else WORD_FIXES.get(field)

    def _phone_fix(self) -> Fix:
        # it takes a quarter of a second to import
        from target_clevertap.records.phones import SENT, international  # noqa: PLC0415

        country = self._rule.country

        def fix(value: Any) -> Fixed | None:  # noqa: ANN401 - any JSON value
            if isinstance(value, str) and SENT.fullmatch(value.strip()):
                return trimmed(value)
            number = international(value, country)
            return None if number is None else Fixed(number, FixKind.PHONE)

        return fix


class FixingMapping(ChosenMapping):
    """Maps records by a rule, and fixes what needs no guess."""

    maps_by_columns = False

    def __init__(self, rule: Rule, columns: Columns) -> None:
        """Map by a schema.

        Args:
            rule: With columns that were checked.
            columns: What the schema says of the columns.
        """
        super().__init__(rule, columns)
        self.fixes: Counter[str] = Counter()
        """Values that were fixed since somebody counted them, by kind."""

        self._timestamp = self._fixed_timestamp

    @override
    def _make_plans(self, rule: Rule, columns: Columns) -> PropertyPlans:
        plans = FixingPlans(rule, columns)
        self._fixed = plans.fixed
        return plans

    @override
    def __call__(self, record: Record) -> Mapped:
        self._fixed.clear()
        if trimmed(record.get(self._identity)) is not None:
            self._fixed.append(FixKind.TRIMMED)
        mapped = super().__call__(record)
        if self._fixed:
            self.fixes.update(kind.value for kind in self._fixed)
        return mapped

    @override
    def identity(self, value: Any) -> str:
        return super().identity(value.strip() if isinstance(value, str) else value)

    def _fixed_timestamp(self, value: Any, where: str) -> int:  # noqa: ANN401 - any JSON value
        if (found := in_seconds(value)) is not None:
            value = found.value
            self._fixed.append(found.kind)
        return timestamp(value, where)
