"""The keys of a rule that read records which are not one flat row of one kind."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - encoded by its types
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from target_clevertap.rules.rule import Rule

FORMATS = ("gender", "phone", "yes_no", "number", "date")
"""What a property may be read as: `records/formats.py`."""

TIME_UNITS = {"seconds": 1, "milliseconds": 10**3, "microseconds": 10**6}
"""By the unit of a number in the time column, how many of it are a second."""


@dataclass(frozen=True)
class Shape:
    """Where the parts of a record are, and how its properties are named and read.

    Wherever several columns are listed, the first of them with a value counts. A column is the name
    of one, or a path into the objects of one: `customer.id`.
    """

    identity: tuple[str, ...] = ()
    anonymous: tuple[str, ...] = ()
    """The columns with the object id of a user who has no identity."""

    event_field: tuple[str, ...] = ()
    event_format: str | None = None
    """The event's name, with `{}` for the text in `event_field`."""

    time: tuple[str, ...] = ()
    time_unit: str = "seconds"
    unpack: tuple[str, ...] = ()
    """The columns with an object, or its JSON text, whose members are the properties."""

    properties: Mapping[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict)
    """By CleverTap's name the sources: a source is one column, or several joined by spaces."""

    properties_of: Mapping[str, Mapping[str, tuple[tuple[str, ...], ...]]] = field(
        default_factory=dict
    )
    """More properties, by the event's name in CleverTap."""

    events: Mapping[str, str] = field(default_factory=dict)
    """By an event's name in the stream, its name in CleverTap."""

    exclude: tuple[str, ...] = ()
    """Columns that are no properties; `*` is any text."""

    formats: Mapping[str, str] = field(default_factory=dict)
    """By property, one of FORMATS."""

    names: str = "keep"
    """How properties without a name of their own are named: `keep`, or `snake_case`."""

    nested: str = "text"
    """What becomes of lists and objects in them: JSON `text`, or `drop`."""

    items: Mapping[str, str] = field(default_factory=dict)
    """By name, the member of each item of Items; without any, items stay as they are."""

    kind_field: str | None = None
    """The column with the kind of each record, where a stream has several kinds."""

    kinds: Mapping[str, Rule] = field(default_factory=dict)
    kind: str | None = None
    """The kind of all records of the stream."""

    tables: tuple[str, ...] = ()
    """The tables that hold this kind."""

    preset: str | None = None
    checked: tuple[str, ...] = ()
    """The properties that the user named: these columns have to be there."""

    faults: tuple[tuple[str, str], ...] = ()
    """What is wrong with the rule of this kind, each with its key: it counts where it is used."""

    guessed_key: bool = False
    """Whether a preset gave the ledger's key: the stream's own key counts first."""
