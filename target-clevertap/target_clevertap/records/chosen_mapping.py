"""Mapping by a rule that has one of the choices `nulls: delete` and `invalid: fix` or `send`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typing_extensions import override

from target_clevertap.records.mapping import RuleMapping
from target_clevertap.records.nulls import Nulls

if TYPE_CHECKING:
    from target_clevertap.rules.rule import Rule
    from target_clevertap.singer.columns import Columns

    Record = dict[str, Any]


class NullRemovingMapping(RuleMapping):
    """Maps profiles whose nulls remove properties."""

    removes_nulls = True

    def __init__(self, rule: Rule, columns: Columns) -> None:
        """Map by a schema.

        Args:
            rule: With columns that were checked.
            columns: What the schema says of the columns.
        """
        super().__init__(rule, columns)
        self._nulls = Nulls(rule, columns, self.plans)

    @override
    def _properties(self, record: Record) -> Record:
        properties = super()._properties(record)
        self._nulls.add_to(properties, record)
        return properties


def rule_mapping(rule: Rule, columns: Columns) -> RuleMapping:
    """Return how records are mapped by a rule.

    Args:
        rule: With columns that were checked.
        columns: What the schema says of the columns.
    """
    return (NullRemovingMapping if rule.nulls == "delete" else RuleMapping)(rule, columns)
