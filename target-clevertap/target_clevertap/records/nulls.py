"""Which properties of a profile a null removes, where its rule has `nulls: delete`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_clevertap.records.limits import name_fault
from target_clevertap.records.names import folded, is_user_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_clevertap.records.property_plans import PropertyPlans
    from target_clevertap.rules.rule import Rule
    from target_clevertap.singer.columns import Columns

    Record = dict[str, Any]

LEVELS = "__"
"""What flattening puts between the names of an object and its parts."""

REPLACING = (None, "$set")
"""What replaces the whole property. A null under another operator is nothing to add or take."""

REMOVED = {"$delete": 1}
"""The operation that removes a property [D:upload-user-profiles-api]."""


class Nulls:
    """Adds the removal of properties to profiles whose columns are null."""

    def __init__(self, rule: Rule, columns: Columns, plans: PropertyPlans) -> None:
        """Remove by a rule.

        Args:
            rule: Of profiles.
            columns: What the schema says of the columns.
            plans: The names that columns are sent under.
        """
        self._rule = rule
        self._columns = columns
        self._plans = plans
        self._own: dict[str, tuple[str, ...]] = {}
        self._parts: dict[str, tuple[str, ...]] = {}

    def add_to(self, properties: Record, record: Mapping[str, Any]) -> None:
        """Add a removal for each column that is null, or reads as null.

        A column that the record does not have removes nothing: log-based taps leave out what did
        not change.

        Args:
            properties: Of the record, without its nulls; grows.
            record: As it was mapped.
        """
        names = [name for column in record for name in self._names(column, record[column])]
        if missing := [name for name in names if name not in properties]:
            kept = set(map(folded, properties))
            properties.update({name: REMOVED for name in missing if folded(name) not in kept})

    def _names(self, column: str, value: Any) -> tuple[str, ...]:  # noqa: ANN401 - any JSON value
        own = self._own.get(column)
        if own is None:
            parts = self._flattened(column)
            own = self._own[column] = () if parts else self._removable(column)
            self._parts[column] = tuple(name for part in parts for name in self._removable(part))
        return own + self._parts[column] if value is None else own

    def _removable(self, column: str) -> tuple[str, ...]:
        rule = self._rule
        return tuple(
            name
            for name in self._plans.sent_names(column)
            if self._columns.allows(column)
            and name_fault(name, of_profile=True) is None
            and not is_user_key(name)
            and (rule.operations.get(column) or rule.operations.get(name)) in REPLACING
        )

    def _flattened(self, column: str) -> list[str]:
        """Return the columns of an object's parts: flattening leaves a null object in one piece."""
        listed = self._columns.listed
        if column in listed:
            return []
        return [each for each in listed if each.startswith(column + LEVELS)]
