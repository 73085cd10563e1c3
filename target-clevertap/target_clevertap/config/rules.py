"""The rules of the setting `streams`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from target_clevertap.rules.faults import all_in_one_line, rule_path
from target_clevertap.rules.reading import read_rule

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_clevertap.rules.rule import Rule


def read_rules(
    settings: Mapping[str, Any], country: str | None = None
) -> tuple[dict[str, Rule], list[str]]:
    """Return the rules by the name of their stream, and a message for each that cannot work.

    Args:
        settings: The setting `streams`, with whole names.
        country: The setting `default_country`, checked.
    """
    rules: dict[str, Rule] = {}
    wrong: list[str] = []
    for stream, configured in settings.items():
        rule, faults = read_rule(configured)
        if faults:
            wrong.append(all_in_one_line(rule_path(stream), faults))
        else:
            rules[stream] = replace(rule, country=country) if rule.invalid == "fix" else rule
    return rules, wrong
