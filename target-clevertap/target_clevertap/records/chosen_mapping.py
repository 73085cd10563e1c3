"""Mapping by a rule that makes a choice: `nulls: delete`, or another `invalid` than `reject`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typing_extensions import override

from target_clevertap.records.mapping import RuleMapping
from target_clevertap.records.nulls import Nulls

if TYPE_CHECKING:
    from target_clevertap.rules.rule import Rule
    from target_clevertap.singer.columns import Columns

    Record = dict[str, Any]


class ChosenMapping(RuleMapping):
    """Maps records whose nulls may remove properties."""

    def __init__(self, rule: Rule, columns: Columns) -> None:
        """Map by a schema.

        Args:
            rule: With columns that were checked.
            columns: What the schema says of the columns.
        """
        super().__init__(rule, columns)
        self.removes_nulls = rule.nulls == "delete"
        self._nulls = Nulls(rule, columns, self.plans)

    @override
    def _properties(self, record: Record) -> Record:
        properties = super()._properties(record)
        if self.removes_nulls:
            self._nulls.add_to(properties, record)
        return properties
