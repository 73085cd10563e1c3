"""Maps many records of a stream at once, column by column, where all are of the usual kind."""

from __future__ import annotations

from decimal import Decimal
from itertools import repeat
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from target_clevertap.records import charged
from target_clevertap.records.limits import VALUE_CHARACTERS, checked_event, most_properties
from target_clevertap.records.mapping import DOUBLE_EXPONENT
from target_clevertap.records.moments import timestamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from target_clevertap.records.mapping import RuleMapping
    from target_clevertap.records.property_plans import PlainProperty

    Record = Mapping[str, Any]
    Cells = list[Any]
    """The values of one column, one for each record."""

SPARSE = 2
"""From how many cells for each value on it takes less time to go record by record."""

EMPTY = frozenset((type(None),))
FLAT = frozenset((str, int, bool, Decimal, type(None)))
NUMBERS = frozenset((int, bool, Decimal))


class MappedColumns(NamedTuple):
    """Many records as CleverTap takes them."""

    users: list[str]
    """As in `Mapped`, one for each record."""

    bodies: Sequence[msgspec.Struct]
    """They are encoded as the bodies of `Mapped` are."""

    counts_again: bool


class Layout(NamedTuple):
    """How records of certain columns are mapped."""

    columns: AbstractSet[str]
    properties: Sequence[tuple[str, PlainProperty]]
    """Each with its column."""

    data: type[msgspec.Struct]
    """The properties of a record; those that are None are not encoded."""

    body: type[msgspec.Struct]


class ColumnMapping:
    """Maps usual records as a `RuleMapping` does, without a call for each value.

    Records are usual where they have most columns of the others, where CleverTap would take them,
    and where no property holds an operation or a list.
    """

    def __init__(self, mapping: RuleMapping) -> None:
        """Map as another mapping does.

        Args:
            mapping: Of the same stream, record by record.
        """
        self._mapping = mapping
        self._columns: AbstractSet[str] = frozenset()
        self._layout: Layout | None = None

    def __call__(self, records: Sequence[Record]) -> MappedColumns | None:
        """Return records as CleverTap takes them; None where not all of them are usual.

        Args:
            records: At least one.

        Raises:
            RecordRefusedError: When CleverTap would not take one.
        """
        columns = set[str]().union(*records)
        if len(columns) * len(records) > SPARSE * sum(map(len, records)):
            return None
        cells = {column: [record.get(column) for record in records] for column in columns}
        if self._mapping.removes_nulls and any(None in values for values in cells.values()):
            return None
        # by their types: to compare a value with None takes longer
        held = {column for column, values in cells.items() if {*map(type, values)} != EMPTY}
        layout = self._layout_of(held, records)
        if layout is None:
            return None
        for column in layout.columns - columns:
            cells[column] = [None] * len(records)
        return self._mapped(layout, cells)

    def _mapped(self, layout: Layout, cells: Mapping[str, Cells]) -> MappedColumns | None:
        rule, prefix = self._mapping.rule, self._mapping.user_prefix
        identities = [*map(self._mapping.identity, cells[rule.identity])]
        parts = self._parts(cells, identities)
        found = [_sent(cells[column], each) for column, each in layout.properties]
        sent = [values for values in found if values is not None]
        if len(sent) < len(found):
            return None
        if self._mapping.removes_nulls and any(None in values for values in sent):
            return None  # a text that reads as null
        parts[self._mapping.data_key] = map(layout.data, *sent)
        bodies = map(layout.body, *(parts[name] for name in layout.body.__struct_encode_fields__))
        users = [prefix + identity for identity in identities]
        return MappedColumns(users, [*bodies], rule.is_event)

    def _parts(self, cells: Mapping[str, Cells], identities: list[str]) -> dict[str, Iterable[Any]]:
        """Return all parts of the bodies but their data, by name."""
        rule = self._mapping.rule
        parts: dict[str, Iterable[Any]] = {"type": repeat(rule.type)}
        parts[rule.identity_type] = identities
        if rule.time is not None:
            place = self._mapping.time_place
            parts["ts"] = [timestamp(value, place) for value in cells[rule.time]]
        if not rule.is_event:
            return parts
        events: Iterable[str] = repeat(rule.event or "")
        if rule.event_field is not None:
            events = [checked_event(name, rule.event_field) for name in cells[rule.event_field]]
        return {**parts, "evtName": events}

    def _layout_of(self, columns: AbstractSet[str], records: Sequence[Record]) -> Layout | None:
        """Return a layout with these columns of some records, and more that others had before."""
        if not columns <= self._columns or len(self._columns) > SPARSE * len(columns):
            both = columns | self._columns
            self._columns = columns if len(both) > SPARSE * len(columns) else both
            self._layout = self._planned(self._columns, records)
        return self._layout

    def _planned(self, columns: AbstractSet[str], records: Iterable[Record]) -> Layout | None:
        mapping, rule = self._mapping, self._mapping.rule
        for record in records:  # plans are made in the order in which records bring the columns
            for column, value in record.items():
                if value is not None:
                    mapping.plans[column]
        properties = [(each, plan) for each in sorted(columns) for plan in mapping.plans[each]]
        names = [name for _, (name, *_) in properties]
        if not properties or len(names) > most_properties(of_profile=not rule.is_event):
            return None
        if mapping.plans.spellings.pairs or rule.operations:
            return None
        if rule.event_field is not None and any(map(charged.is_items, names)):
            return None  # what these become depends on the event of each record
        parts = ["type", rule.identity_type, mapping.data_key]
        parts += ["ts"] * (rule.time is not None) + ["evtName"] * rule.is_event
        try:
            data, body = _struct(names), _struct(parts)
        except ValueError:  # of a name that has to be escaped in JSON
            return None
        needed = {each for each in (rule.identity, rule.time, rule.event_field) if each is not None}
        return Layout(columns | needed, properties, data, body)


def _struct(names: Iterable[str]) -> type[msgspec.Struct]:
    """Return a type with fields that are encoded by these names, unless they are None."""
    fields = [
        (f"field{number}", Any, msgspec.field(default=None, name=name))
        for number, name in enumerate(names)
    ]
    return msgspec.defstruct("Fields", fields, omit_defaults=True, gc=False)


def _sent(values: Cells, plan: PlainProperty) -> Cells | None:
    """Return a column's values as they are sent; None where one is an operation or a list."""
    _, convert, keeps_text, keeps_numbers = plan
    kinds = {*map(type, values)} - EMPTY
    if kinds <= {str} and keeps_text:
        is_kept = max(map(len, filter(None, values)), default=0) <= VALUE_CHARACTERS
    else:
        is_kept = kinds <= NUMBERS and keeps_numbers and _are_doubles(values, kinds)
    if is_kept:
        return values
    converted = [None if value is None else convert(value) for value in values]
    return converted if FLAT.issuperset(map(type, converted)) else None


def _are_doubles(values: Cells, kinds: AbstractSet[type]) -> bool:
    """Return whether each Decimal among values is one that a double can hold."""
    if Decimal not in kinds:
        return True
    decimals = [value for value in values if type(value) is Decimal]
    return (
        all(map(Decimal.is_finite, decimals))
        and max(map(Decimal.adjusted, decimals)) < DOUBLE_EXPONENT
    )
