"""The mapping for a rule, by the choices that it makes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_clevertap.records.chosen_mapping import ChosenMapping
from target_clevertap.records.fixing import FixingMapping
from target_clevertap.records.mapping import RuleMapping
from target_clevertap.records.sending import SendingMapping

if TYPE_CHECKING:
    from target_clevertap.rules.rule import Rule
    from target_clevertap.singer.columns import Columns


def rule_mapping(rule: Rule, columns: Columns) -> RuleMapping:
    """Return how records are mapped by a rule.

    Args:
        rule: With columns that were checked.
        columns: What the schema says of the columns.
    """
    if rule.invalid == "fix":
        return FixingMapping(rule, columns)
    if rule.invalid == "send":
        return SendingMapping(rule, columns)
    return (ChosenMapping if rule.nulls == "delete" else RuleMapping)(rule, columns)
