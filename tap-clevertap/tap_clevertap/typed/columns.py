"""The values of typed columns, from the properties of an event; what does not fit is counted."""

from __future__ import annotations

from collections import Counter
from itertools import compress
from operator import getitem
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from tap_clevertap.records.exact_json import encode_json_lines
from tap_clevertap.typed.kinds import CONVERTERS, PropertyKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    Properties = Mapping[str, Any] | None

MOST_UNDECLARED = 1000
"""Undeclared properties that are counted by name."""
NO_PROPERTIES: dict[str, Any] = {}


class TypedColumn(NamedTuple):
    """A column, the property that fills it, and its kind."""

    name: str
    property: str
    kind: PropertyKind


class TypedColumns:
    """Makes the typed columns of the records of one event.

    - Only the main thread uses it; nothing is raised.
    - `misfits` and `undeclared` count rows by the name of a property.

    Args:
        columns: In the order of the schema.
        declared: The names of all declared properties, also of those without a column.
    """

    def __init__(self, columns: Iterable[TypedColumn], declared: Iterable[str] = ()) -> None:
        self.columns = tuple(columns)
        self._names = [each.name for each in self.columns]
        self._properties = [each.property for each in self.columns]
        self._expected = frozenset((*declared, *self._properties))
        self._converters = [CONVERTERS[each.kind] for each in self.columns]
        self._encoded: Callable[..., Any] | None = None
        self.misfits: Counter[str] = Counter()
        self.undeclared: Counter[str] = Counter()

    def values(self, props: Properties) -> dict[str, Any]:
        """Return the value of each column; null where the property is absent or does not fit.

        Args:
            props: The properties of an event, with exact numbers.
        """
        return dict(zip(self._names, self._values(props), strict=True))

    def encode(self, blocks: Sequence[Properties]) -> list[bytes]:
        """Return the columns of some rows as members of a JSON object, with a comma before each."""
        if not self.columns:
            for props in blocks:
                self._values(props)
            return [b""] * len(blocks)
        make = self._encoded = self._encoded or self._record()
        lines = encode_json_lines([make(*self._values(props)) for props in blocks]).split(b"\n")
        return [b"," + line[1:-1] for line in lines[:-1]]

    def _values(self, props: Properties) -> list[Any]:
        props = props or NO_PROPERTIES
        values = [*map(props.get, self._properties)]
        # In three passes without a loop of Python's own: most values are used as they are.
        converters = [*map(getitem, self._converters, map(type, values))]
        for position, convert in compress(enumerate(converters), converters):
            value = values[position] = convert(values[position])  # type: ignore[misc] # not None
            if value is None:
                self.misfits[self._properties[position]] += 1
        if not props.keys() <= self._expected:
            self._count_undeclared(props)
        return values

    def _count_undeclared(self, props: Mapping[str, Any]) -> None:
        for name in props.keys() - self._expected:
            if name in self.undeclared or len(self.undeclared) < MOST_UNDECLARED:
                self.undeclared[name] += 1

    def _record(self) -> Callable[..., Any]:
        """Return what makes a record of its values, in their order."""
        fields = [(f"column_{number}", Any) for number in range(len(self._names))]
        renamed = {field: name for (field, _), name in zip(fields, self._names, strict=True)}
        try:  # its objects are encoded much faster than a dict
            return msgspec.defstruct("Columns", fields, rename=renamed, gc=False)
        except ValueError:  # of a name that has to be escaped in JSON; a catalog may have any
            return lambda *values: dict(zip(self._names, values, strict=True))
