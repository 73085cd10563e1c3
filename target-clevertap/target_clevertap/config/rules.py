"""The rules of the setting `streams`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from target_clevertap.errors import SettingError
from target_clevertap.rules.faults import all_in_one_line, rule_path
from target_clevertap.rules.reading import read_rule

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_clevertap.rules.rule import Rule


def read_rules(settings: Mapping[str, Any], country: str | None = None) -> dict[str, Rule]:
    """Return the rules by the name of their stream.

    Args:
        settings: The setting `streams`, with whole names.
        country: The setting `default_country`, checked.

    Raises:
        SettingError: For a rule that cannot work; it names the stream and all faults of the rule.
    """
    rules: dict[str, Rule] = {}
    for stream, configured in settings.items():
        rules[stream], faults = read_rule(configured)
        if faults:
            raise SettingError(all_in_one_line(rule_path(stream), faults))
        if rules[stream].invalid == "fix":
            rules[stream] = replace(rules[stream], country=country)
    return rules
