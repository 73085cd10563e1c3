"""SCHEMA forms, values in them and what they mean: by the forms themselves, not by the product.

A column is declared as some kinds of values. The same declaration is then written in one of
the many forms of JSON Schema, so what it means is known without reading the form.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

COLUMN, USER, EVENT = "weird Col", "ada", "Seen"

TEXT_FORMATS = (
    *(None, "time", "duration", "uuid", "email", "uri", "hostname", "ipv4", "binary"),
    "uri-reference",
)
FLAT = {
    "text": [{"type": "string", "format": each} for each in TEXT_FORMATS if each]
    + [{"type": "string"}, {"type": "string", "maxLength": 3}, {"type": "String"}],
    "date": [
        {"type": "string", "format": each}
        for each in ("date-time", "date", "Date", "DATE-TIME", "date_time")
    ],
    "decimal": [{"type": "string", "format": f"{each}singer.decimal"} for each in ("", "x-")],
    "number": [
        {"type": "number"},
        {"type": "integer"},
        {"type": "number", "multipleOf": 0.01},
        {"type": "number", "multipleOf": 1e-30, "minimum": -1e9},
        {"type": "number", "format": "singer.decimal"},
        {"type": ["integer", "number"]},
    ],
    "flag": [{"type": "boolean"}],
    "object": [{"type": "object"}, {"type": "object", "properties": {"a": {"type": "string"}}}],
    "list": [{"type": "array"}, {"type": "array", "items": {"type": "object"}}],
    "anything": [{}, True, {"description": "x"}, {"type": []}],
}
KINDS = tuple(FLAT)

DATES = {
    "2026-01-01": 1767225600,
    "2026-01-01T00:00:00Z": 1767225600,
    "2026-01-01 05:30:00.5+0530": 1767225600,
    "2025-12-31 24:00:00 UTC": 1767225600,
    "1955-07-20": -456105600,
    "9999-12-31T23:59:59Z": 253402300799,
    "20260101": 1767225600,
    "1767225600": 1767225600,
    "$D_1767225600": 1767225600,
}
"""Texts that are a moment in a column of dates, with its seconds."""
DATES_FOR_SURE = {text for text in DATES if "-" in text}
"""Those that are hardly anything else, wherever they are."""
NOT_DATES = ("infinity", "2022-11-00 20:59:22", "0044-03-15 BC", "31/12/1969", "20261301", "17")
ZERO_DATES = ("0000-00-00", "0000-00-00 00:00:00")

TEXTS = ("", " ", "a", "gold", "true", "F", "0", "5", "1.50", "-2e2", "null", "NaN", "$10.00")
JSON_TEXTS = ("[]", "{}", '["a", 1.5]', '{"a": {"b": 1.50}}', '[{"sku": "a", "n": 2}]', "[draft]")
VALUES = st.one_of(
    st.sampled_from([*TEXTS, *JSON_TEXTS, *DATES, *NOT_DATES, *ZERO_DATES]),
    st.none(),
    st.booleans(),
    st.sampled_from([0, 1, 7, -3, 10**20, Decimal("1.5"), Decimal("109.236")]),
    st.sampled_from([[], {}, ["a", 1], {"a": {"b": Decimal("1.5")}}, [{"sku": "a", "n": 2}]]),
)


def spelled(value: Any) -> str:
    """Return JSON with Decimals digit by digit."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, dict):
        inner = (f"{json.dumps(name)}: {spelled(each)}" for name, each in value.items())
        return "{" + ", ".join(inner) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(spelled, value)) + "]"
    return json.dumps(value)


def read(text: str) -> Any:
    """Return what JSON holds, numbers exactly; raises ValueError for anything else."""
    return json.loads(text, parse_float=Decimal, parse_constant=_no_constant)


def _no_constant(_: str) -> Any:
    raise ValueError


@dataclass
class Shape:
    """A column as it is declared, and a value in it."""

    kinds: frozenset[str]
    schema: Any
    """Of the whole stream."""

    value: Any
    position: str
    is_known: bool
    """Whether the SCHEMA lists the column, so that a rule may name it."""

    definitions: dict[str, Any] = field(default_factory=dict)


@st.composite
def shapes(draw, values=VALUES, kinds=None):
    named = kinds or draw(st.sets(st.sampled_from(KINDS), min_size=1, max_size=3))
    definitions: dict[str, Any] = {}
    flat = [draw(st.sampled_from(FLAT[kind])) for kind in sorted(named)]
    column = draw(_forms(flat, definitions))
    value = draw(values)
    value = spelled(value) if draw(st.booleans()) and not isinstance(value, str) else value
    position = draw(st.sampled_from(["listed", "listed", "listed", "pattern", "rest", "absent"]))
    schema = draw(_tops(column, position, definitions))
    if position == "absent":
        named = {"anything"}
    return Shape(frozenset(named), schema, value, position, position == "listed", definitions)


@st.composite
def _forms(draw, flat, definitions):
    """Return the same in another form."""
    if len(flat) == 1 and not draw(st.booleans()):
        form = _nullable(draw, flat[0])
    elif len(flat) == 1:
        form = flat[0]
    else:
        form = {
            draw(st.sampled_from(["anyOf", "oneOf"])): [
                _wrapped(draw, each, definitions) for each in flat
            ]
        }
    for _ in range(draw(st.integers(0, 3))):
        form = _wrapped(draw, form, definitions)
    return form


def _nullable(draw, flat):
    if flat is True or not flat.get("type") or flat["type"] == "null":
        return flat
    types = flat["type"] if isinstance(flat["type"], list) else [flat["type"]]
    nullable = {**flat, "type": draw(st.permutations(["null", *types]))}
    return draw(st.sampled_from([nullable, {"anyOf": [flat, {"type": "null"}]}]))


def _wrapped(draw, form, definitions):
    kind = draw(
        st.sampled_from(["as it is", "ref", "allOf", "oneOf", "anyOf", "split", "described"])
    )
    if kind == "ref":
        name = f"d{len(definitions)}"
        definitions[name] = form
        return {"$ref": f"#/{draw(st.sampled_from(['definitions', '$defs']))}/{name}"}
    if kind == "allOf":
        return {"allOf": draw(st.permutations([form, True, {"title": "x"}]))}
    if kind in ("oneOf", "anyOf"):
        return {kind: [form]}
    if kind == "split" and isinstance(form, dict) and "format" in form:
        rest = {key: value for key, value in form.items() if key != "format"}
        return {"allOf": [rest, {"format": form["format"]}]}
    if kind == "described" and isinstance(form, dict):
        return {**form, "description": "x"}
    return form


@st.composite
def _tops(draw, column, position, definitions):
    """Declare the columns of a stream in some form; the column is in `position`."""
    properties: dict[str, Any] = {"id": {"type": "integer"}, "user": {"type": "string"}, "kind": {}}
    properties["_SDC_BATCHED_AT"] = properties["_sdc_lsn"] = {"type": ["null", "string"]}
    schema: dict[str, Any] = {"properties": properties}
    if position == "listed":
        properties[COLUMN] = column
    elif position == "pattern":
        schema["patternProperties"] = {"^weird": column}
    rest = {"rest": [column], "absent": [True, {}, None]}.get(position, [True, {}, None, False])
    if (found := draw(st.sampled_from(rest))) is not None:
        schema["additionalProperties"] = found
    schema["type"] = draw(st.sampled_from(["object", ["null", "object"], ["object"]]))
    form = draw(st.sampled_from(["as it is", "anyOf", "allOf", "ref"]))
    if form == "anyOf":
        schema = {"anyOf": [{"type": "null"}, schema]}
    elif form == "allOf":
        schema = {"allOf": [schema, {"properties": {"other": {}}}]}
    elif form == "ref":
        schema = {"$ref": "#/$defs/row", "$defs": {"row": schema}}
    both = {"definitions": definitions, "$defs": {**definitions, **schema.get("$defs", {})}}
    return {**schema, **both}


@dataclass(frozen=True)
class Null:
    """Nothing is meant."""


@dataclass(frozen=True)
class Moment:
    """A moment is meant, in seconds since 1970."""

    seconds: int


NULL = Null()


def meanings(shape: Shape) -> list[Any]:
    """Return what a value may mean in its column, the best reading first; nothing fits: none."""
    kinds, value = shape.kinds, shape.value
    if value is None:
        return [NULL]
    has_text = bool(kinds & {"text", "anything"})
    if not isinstance(value, str):
        return _of_other(kinds, value, has_text=has_text)
    if has_text:
        sure = "date" in kinds and value in DATES_FOR_SURE
        sent = "date" in kinds and value.startswith("$D_")
        return [Moment(DATES[value])] if sure or sent else [value]
    if not value.strip() or value == "null":
        return [NULL]
    return _of_text(kinds, value)


def _of_other(kinds, value, *, has_text):
    is_number = isinstance(value, (int, Decimal)) and not isinstance(value, bool)
    if is_number and kinds == {"flag"}:
        return [bool(value)] if value in (0, 1) else []
    if is_number and "date" in kinds and not has_text and not kinds & {"number", "decimal"}:
        return []  # none of the numbers here is surely a time
    return [value]


def _of_text(kinds, value):
    found: list[Any] = []
    try:
        parsed = read(value)
    except ValueError:
        parsed = None
    is_number = isinstance(parsed, (int, Decimal)) and not isinstance(parsed, bool)
    if is_number and kinds & {"number", "decimal"}:
        found.append(parsed)
    if "flag" in kinds and value.lower() in ("true", "t", "1", "false", "f", "0"):
        found.append(value.lower() in ("true", "t", "1"))
    if isinstance(parsed, dict) and "object" in kinds:
        found.append(parsed)
    if isinstance(parsed, list) and "list" in kinds:
        found.append(parsed)
    if "date" in kinds:
        found += [Moment(DATES[value])] if value in DATES else []
        found += [NULL] if value in ZERO_DATES else []
    return found


def is_sent_as(meaning: Any, sent: Any) -> bool:
    """Return whether a property that arrived is what was meant."""
    if isinstance(meaning, Moment):
        return sent == f"$D_{meaning.seconds}"
    if isinstance(meaning, (dict, list)):
        return isinstance(sent, str) and same(read(sent), meaning)
    return same(sent, meaning)


def same(one: Any, other: Any) -> bool:
    """Return whether two JSON values are equal; true is not 1."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and one == other


def is_list_of(operator: str, meaning: Any, sent: Any) -> bool:
    """Return whether a list operator that arrived has the values that were meant."""
    values = meaning if isinstance(meaning, list) else [meaning]
    if not isinstance(sent, dict) or list(sent) != [operator] or len(sent[operator]) != len(values):
        return False
    return all(map(is_sent_as, values, sent[operator]))


def seconds_of(text: Any) -> int | None:
    """Return the seconds of an event's time; None where it is not a time of an event."""
    seconds = DATES.get(text) if isinstance(text, str) else None
    return seconds if seconds is not None and 0 < seconds < 10**11 else None


def day(seconds: int) -> dt.date:
    return dt.datetime.fromtimestamp(seconds, dt.timezone.utc).date()
