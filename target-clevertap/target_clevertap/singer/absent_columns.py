"""Columns that a rule sends and the SCHEMA has, but no record: most often they were renamed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_clevertap._plugin.shown import shown
from target_clevertap.rules.faults import rule_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from target_clevertap.singer.streams import Branch


class AbsentColumns:
    """Knows which columns no record has had yet, for each stream."""

    def __init__(self) -> None:
        """Know of no stream yet."""
        self._absent: dict[str, set[str]] = {}

    def note(self, branch: Branch, records: Iterable[Mapping[str, object]]) -> None:
        """Note what records of a branch have; a null is a value here.

        Args:
            branch: That they are of.
            records: After its stream map.
        """
        name = branch.origin.name
        absent = self._absent.get(name)
        if absent is None:
            absent = self._absent[name] = _expected(branch)
        for record in records:
            if not absent:
                return
            absent.difference_update(record)

    def described(self) -> Iterator[str]:
        """Yield a line for each stream with columns that no record had."""
        for name, absent in self._absent.items():
            if absent:
                columns = ", ".join(map(shown, sorted(absent)))
                yield (
                    f"{rule_path(name)}.properties: no record had {columns}, so it was not sent; "
                    "if it has another name at the source now, correct the rule, and have the tap "
                    "discover again (meltano run --refresh-catalog)"
                )


def _expected(branch: Branch) -> set[str]:
    """Return the columns that records should have by rule and SCHEMA."""
    rule = branch.builder.spec.rule
    if rule is None or rule.shape is not None:
        return set()
    return branch.builder.spec.columns.listed.keys() & set(rule.properties.values())
