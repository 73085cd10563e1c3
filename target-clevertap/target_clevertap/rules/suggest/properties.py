"""Chooses the columns that become properties, with their names, and those to leave out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from target_clevertap.records.limits import EVENT_PROPERTIES, VALUE_CHARACTERS
from target_clevertap.rules.suggest.property_names import distinct_names
from target_clevertap.rules.suggest.suggestion import listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from target_clevertap.rules.suggest.columns import Column
    from target_clevertap.rules.suggest.suggestion import Suggestion, Table


@dataclass
class LeftOut:
    """The columns that are left out, by reason."""

    secret: list[str] = field(default_factory=list)
    nested: list[str] = field(default_factory=list)
    long: list[str] = field(default_factory=list)
    moving: list[str] = field(default_factory=list)
    too_many: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.secret or self.nested or self.long or self.moving or self.too_many)

    def remarks(self) -> Iterable[str]:
        """Yield a sentence for each reason."""
        if self.secret:
            yield f"left out as they look secret: {listed(self.secret)}"
        if self.nested:
            yield (
                "left out as objects and lists become JSON text, at most "
                f"{VALUE_CHARACTERS} characters: {listed(self.nested)}"
            )
        if self.long:
            most = f"{VALUE_CHARACTERS} characters"
            yield f"left out as a text may have {most} at most: {listed(self.long)}"
        if self.moving:
            yield (
                f"left out as each change of them would make a new event of a row: "
                f"{listed(self.moving)}"
            )
        if self.too_many:
            yield f"left out as CleverTap takes {EVENT_PROPERTIES}: {listed(self.too_many)}"


def name_properties(
    suggestion: Suggestion,
    table: Table,
    columns: Sequence[Column],
    left_out: LeftOut,
    *,
    reserved: Iterable[str] = (),
) -> None:
    """Add the other columns to the properties of a rule, with names that CleverTap accepts.

    Args:
        suggestion: With the standard properties.
        table: The stream.
        columns: The other columns.
        left_out: Grows.
        reserved: Names that no other column may have.
    """
    properties = suggestion.rule.setdefault("properties", {})
    of_profile = suggestion.rule["type"] == "profile"
    kept = [column for column in columns if not _leave_out(column, left_out, of_profile=of_profile)]
    room = EVENT_PROPERTIES - len(properties)
    left_out.too_many += [column.name for column in kept[room:]]
    taken = [*properties, *reserved]
    names = distinct_names((each.name for each in kept[:room]), taken, of_profile=of_profile)
    drops = not of_profile or bool(left_out) or bool(table.loaders)
    suggestion.rule["others"] = "drop" if drops else "keep"
    renamed = {name: column for name, column in names.items() if drops or name != column}
    properties.update(renamed)
    if not properties:
        del suggestion.rule["properties"]
    lists = {each.name for each in kept if of_profile and each.is_list_of_values}
    if operated := {name: "$set" for name, column in names.items() if column in lists}:
        suggestion.rule["operations"] = operated
    for text in left_out.remarks():
        suggestion.remark("others", text)


def _leave_out(column: Column, left_out: LeftOut, *, of_profile: bool) -> bool:
    reason = None
    if column.is_secret:
        reason = left_out.secret
    elif column.kind == "nested" and not (column.is_list_of_values and of_profile):
        reason = left_out.nested
    elif column.may_be_long:
        reason = left_out.long
    if reason is not None:
        reason.append(column.name)
    return reason is not None
