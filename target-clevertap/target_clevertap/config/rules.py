"""The rules of the setting `streams`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from target_clevertap._plugin.shown import shown
from target_clevertap.rules.faults import all_in_one_line, rule_path
from target_clevertap.rules.fitting import kind_of_table, table_of
from target_clevertap.rules.presets import ALL_EVENTS, WITH_EVENT_TABLES
from target_clevertap.rules.reading import read_rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from target_clevertap.rules.rule import Rule
    from target_clevertap.rules.shape import Shape


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
            rules[stream] = _with_country(rule, country)
    return rules, [*wrong, *_sent_twice(rules)]


def _with_country(rule: Rule, country: str | None) -> Rule:
    """Return a rule that reads telephone numbers without a country as those of a country."""
    if rule.shape is not None and rule.shape.kinds:
        kinds = {name: _with_country(each, country) for name, each in rule.shape.kinds.items()}
        rule = replace(rule, shape=replace(rule.shape, kinds=kinds))
    return replace(rule, country=country) if rule.invalid == "fix" else rule


def _sent_twice(rules: Mapping[str, Rule]) -> Iterator[str]:
    """Yield a message for each event that two tables would send: that of all events, and its own.

    Args:
        rules: By the name of a stream.
    """
    of_warehouses = {
        stream: rule.shape
        for stream, rule in rules.items()
        if rule.shape is not None and rule.shape.preset in WITH_EVENT_TABLES
    }
    for stream in (each for each in of_warehouses if table_of(each) == ALL_EVENTS):
        folder = stream[: -len(ALL_EVENTS)]
        for other, shape in of_warehouses.items():
            table = table_of(other)
            is_near = other != stream and other[: len(other) - len(table)] == folder
            if is_near and _holds_one_event(shape, table):
                yield (
                    f"{rule_path(stream)}: the events of {shown(other)} are in this table too, and "
                    "each would be sent twice; remove this rule to send each event with its "
                    f"properties, or the rule of {shown(other)} and those of all event tables"
                )
                break


def _holds_one_event(shape: Shape, table: str) -> bool:
    """Whether a table is that of one event: no kind names it, and the rule does not set one."""
    own = shape.kinds.get(kind_of_table(shape, table) or "")
    is_other = own is not None and own.shape is not None and not own.shape.tables
    return is_other and shape.kind in {None, "track"}
