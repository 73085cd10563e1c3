"""Fits a rule to a stream: which of its kinds the records are of, and where their parts are."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from target_clevertap._plugin.shown import shown, visible
from target_clevertap.records.paths import located, located_object
from target_clevertap.rules.faults import LONGEST_PATH, Fault
from target_clevertap.rules.shape import Shape
from target_clevertap.rules.similar_names import similar_or_listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from target_clevertap.rules.rule import Rule
    from target_clevertap.singer.columns import Columns

OF_STREAMS = ("only_if", "changes_only", "repeat", "equal_rows")
"""Keys that hold for all records of a stream."""


def fitted(
    rule: Rule, stream: str, columns: Columns, primary_key: Sequence[str]
) -> tuple[Rule, list[Fault]]:
    """Return the rule for a stream with these columns, and what it misses there.

    Args:
        rule: As it was read.
        stream: The name of the stream, after stream maps.
        columns: By its SCHEMA.
        primary_key: Of the stream.
    """
    shape = rule.shape or _reaching(rule, columns)
    if shape is None or rule.is_call_or_token:
        return rule, []
    if not shape.kinds:
        return _fitted_kind(replace(rule, shape=shape), columns, primary_key)
    if shape.kind is None and _has_kinds(shape, columns):
        return _fitted_kinds(rule, shape, columns, primary_key)
    if shape.kind is None and shape.kind_field is not None and not _has_tables(shape):
        advice = similar_or_listed(shape.kind_field, columns.listed)
        fault = f"the stream has no column {shown(shape.kind_field)}; {advice}"
        return rule, [Fault(fault, "kind_field")]
    kind = shape.kind or kind_of_table(shape, table_of(stream))
    if kind is None:
        return rule, [Fault(_no_kind(shape, stream), "kind")]
    return _fitted_kind(shape.kinds[kind], columns, primary_key)


def table_of(stream: str) -> str:
    """Return the table in a stream's name, in lower case: `orders` of `public-orders`."""
    return re.split(r"[-.]", stream)[-1].lower()


def kind_of_table(shape: Shape, table: str) -> str | None:
    """Return the kind of a table's rows: one that names the table, else one without tables."""
    for name, rule in shape.kinds.items():
        if rule.shape is not None and table in map(str.lower, rule.shape.tables):
            return name
    return next(
        (name for name, rule in shape.kinds.items() if rule.shape and not rule.shape.tables), None
    )


def _has_tables(shape: Shape) -> bool:
    return any(rule.shape.tables for rule in shape.kinds.values() if rule.shape)


def _has_kinds(shape: Shape, columns: Columns) -> bool:
    """Whether each record says its kind.

    Where kinds have their properties in an object, tables may have the column too: a record says
    its kind if it is a message, which has such an object.
    """
    wanted = [each for rule in shape.kinds.values() if rule.shape for each in rule.shape.unpack]
    is_message = any(located_object(each, columns) is not None for each in wanted)
    is_told = shape.kind_field is not None and located(shape.kind_field, columns) is not None
    return is_told and (is_message or not wanted)


def _no_kind(shape: Shape, stream: str) -> str:
    tables = {
        table: None for rule in shape.kinds.values() if rule.shape for table in rule.shape.tables
    }
    return (
        f"{shown(table_of(stream))} is not one of the tables {_listed(tables)}; set it to one of "
        f"{_listed(shape.kinds)}"
    )


def _fitted_kinds(
    rule: Rule, shape: Shape, columns: Columns, primary_key: Sequence[str]
) -> tuple[Rule, list[Fault]]:
    kinds: dict[str, Rule] = {}
    faults: list[Fault] = []
    for name, each in shape.kinds.items():
        if each.shape is not None and each.shape.tables and not each.shape.unpack:
            continue  # a kind that only tables hold
        kinds[name], found = _fitted_kind(each, columns, primary_key)
        faults += [Fault(text, f"kinds.{name}.{key}".rstrip(".")) for text, key in found]
    faults += _faults_of_all(kinds)
    times = [each.time for each in kinds.values() if each.is_event]
    first = next(iter(kinds.values()))
    whole = replace(
        rule,
        only_if=first.only_if,
        identity=first.identity,
        time=times[0] if times and None not in times else None,
        event=None,
        event_field=None,
        ledger_key=first.ledger_key,
        shape=replace(shape, kinds=kinds),
    )
    return whole, [*dict.fromkeys(faults)]


def _faults_of_all(kinds: Mapping[str, Rule]) -> Iterator[Fault]:
    """Yield what is wrong with keys that hold for a stream, whatever kinds it has."""
    for key in OF_STREAMS:
        if len({getattr(each, key) for each in kinds.values()}) > 1:
            yield Fault("all kinds of a stream have the same; set it next to the kinds", key)
    if any(each.on_deleted == "delete" for each in kinds.values()):
        yield Fault("a stream of several kinds cannot delete users; remove it", "on_deleted")
    if any(each.changes_only for each in kinds.values()):
        yield Fault("a stream of several kinds is not compared; remove it", "changes_only")


def _fitted_kind(
    rule: Rule, columns: Columns, primary_key: Sequence[str]
) -> tuple[Rule, list[Fault]]:
    shape = rule.shape or Shape()
    if shape.guessed_key:
        rule = replace(rule, ledger_key=() if primary_key else _present(rule.ledger_key, columns))
    identity, anonymous = _present(shape.identity, columns), _present(shape.anonymous, columns)
    event, time = _present(shape.event_field, columns), _present(shape.time, columns)
    users = identity or anonymous
    fitting = replace(
        rule,
        identity=users[0] if users else "",
        identity_type=rule.identity_type if identity else "objectId",
        event_field=event[0] if event and rule.event is None else None,
        time=time[0] if time else None,
        only_if=_column(rule.only_if, columns) or rule.only_if,
        shape=replace(shape, identity=identity, anonymous=anonymous, event_field=event, time=time),
    )
    return fitting, [*_faults(rule, shape, fitting, columns)]


def _has_objects(shape: Shape, columns: Columns) -> bool:
    return any(located_object(each, columns) is not None for each in shape.unpack)


def _present(wanted: Iterable[str], columns: Columns) -> tuple[str, ...]:
    """Return the columns of a list that a stream has, as it spells them."""
    found = (located(each, columns) for each in wanted)
    return tuple(dict.fromkeys(each.text for each in found if each is not None))


def _column(wanted: str | None, columns: Columns) -> str | None:
    """Return the column of a stream that is meant; None where it is none, or within another."""
    found = None if wanted is None else located(wanted, columns)
    return found.column if found is not None and not found.members else None


def _faults(rule: Rule, shape: Shape, fitting: Rule, columns: Columns) -> Iterator[Fault]:
    found = fitting.shape or Shape()
    yield from (Fault(text, key) for text, key in shape.faults)
    checks: list[tuple[str, Sequence[str], bool]] = [
        ("identity", shape.identity or shape.anonymous, bool(fitting.identity)),
        ("event_field", shape.event_field, bool(found.event_field) or rule.event is not None),
        ("time", shape.time, bool(found.time)),
    ]
    if fitting.identity:
        checks += [
            ("identity", shape.identity, bool(found.identity) or "identity" not in shape.checked),
            (
                "anonymous",
                shape.anonymous,
                bool(found.anonymous) or "anonymous" not in shape.checked,
            ),
        ]
    if "unpack" in shape.checked:
        checks.append(("unpack", shape.unpack, _has_objects(shape, columns)))
    for key, wanted, is_found in checks:
        if wanted and not is_found:
            preset = None if key in shape.checked else shape.preset
            yield Fault(_missing(wanted, columns, preset), key)
    for key, column in (
        ("only_if", rule.only_if),
        *(("ledger_key", each) for each in rule.ledger_key),
    ):
        if column is not None and _column(column, columns) is None and not columns.is_partial:
            yield Fault(_missing((column,), columns), key)
    if rule.on_deleted == "delete" and not _is_one_column(shape.identity, columns):
        text = "the user of a deleted row has to be in one column; name it under `identity`"
        yield Fault(text, "on_deleted")
    yield from _properties_missing(shape, columns)


def _is_one_column(wanted: Sequence[str], columns: Columns) -> bool:
    found = _present(wanted, columns)
    return len(found) == 1 and _column(found[0], columns) == found[0]


def _properties_missing(shape: Shape, columns: Columns) -> Iterator[Fault]:
    """Yield the properties that the user named and no column has: members are not known."""
    if _has_objects(shape, columns):
        return
    for name in (each for each in shape.checked if each in shape.properties):
        sources = [part for source in shape.properties[name] for part in source]
        if not _present(sources, columns):
            key = f"properties.{visible(name[:LONGEST_PATH])}"
            yield Fault(_missing(sources, columns), key)


def _missing(wanted: Sequence[str], columns: Columns, preset: str | None = None) -> str:
    start = "" if preset is None else f"preset {shown(preset)} does not fit: "
    if len(wanted) == 1:
        advice = similar_or_listed(wanted[0], columns.listed)
        return f"{start}the stream has no column {shown(wanted[0])}; {advice}"
    return (
        f"{start}the stream has none of the columns {_listed(wanted)}; name another column here: "
        f"{similar_or_listed('', columns.listed)}"
    )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(map(shown, names))


def _reaching(rule: Rule, columns: Columns) -> Shape | None:
    """Return the shape of a usual rule that names members of objects; None for any other."""
    named = [each for each in rule.columns if "." in each and each not in columns.listed]
    if columns.is_partial or all(located(each, columns) is None for each in named):
        return None
    return Shape(
        identity=(rule.identity,),
        event_field=() if rule.event_field is None else (rule.event_field,),
        time=() if rule.time is None else (rule.time,),
        properties={name: ((column,),) for name, column in rule.properties.items()},
        checked=("identity", "time", "event_field", *rule.properties),
    )
