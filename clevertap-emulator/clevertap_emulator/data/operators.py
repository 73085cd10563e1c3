"""How an uploaded profile changes a user: plain values and the `$` operators."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from clevertap_emulator.data.catalogue import folded

if TYPE_CHECKING:
    from clevertap_emulator.data.person import Person

OPERATORS = frozenset(["$add", "$remove", "$set", "$delete", "$incr", "$decr"])
INCREMENTS = ("$incr", "$decr")
LARGEST_INCREMENT = 2**63
FIELDS = {"name": "name", "email": "email", "phone": "phone"}


def apply_profile_data(person: Person, incoming: dict[str, Any], *, max_values: int) -> Person:
    """Return a user with an upload's `profileData` applied; null and empty values change nothing.

    Names that differ only in case and spaces are one property. It keeps its first spelling, and
    the later value wins.
    """
    properties = dict(person.properties or {})
    spellings = {folded(name): name for name in properties}
    fields: dict[str, Any] = {}
    for name, value in incoming.items():
        plain = folded(name)
        if value is None or value in ("", [], {}) or plain == "identity":
            continue
        field = FIELDS.get(plain)
        if field is None:
            _apply(properties, spellings.setdefault(plain, name), value, max_values)
        else:
            fields[field] = None if _deletes(value) else value
    return replace(person, properties=properties or None, **fields)


def is_wrong_increment(value: object) -> bool:
    """Return whether a value increments a property by something that is not a number of 64 bits."""
    if not isinstance(value, dict) or not OPERATORS.issuperset(value):
        return False
    operands = (value[each] for each in INCREMENTS if each in value)
    return any(
        isinstance(each, bool)
        or not isinstance(each, (int, float))
        or abs(each) > LARGEST_INCREMENT
        for each in operands
    )


def _deletes(value: object) -> bool:
    return isinstance(value, dict) and "$delete" in value


def _apply(properties: dict[str, Any], name: str, value: object, max_values: int) -> None:
    if not isinstance(value, dict) or not OPERATORS.issuperset(value):
        properties[name] = value
        return
    for operator, operand in value.items():
        _operate(properties, name, operator, operand)
    if isinstance(properties.get(name), list):
        # Too many values: the oldest are dropped [U:platform-considerations].
        properties[name] = properties[name][-max_values:]


def _operate(properties: dict[str, Any], name: str, operator: str, operand: object) -> None:
    if operator == "$delete":
        properties.pop(name, None)
    elif operator == "$set":
        properties[name] = list(dict.fromkeys(_texts(operand)))
    elif operator == "$add":
        properties[name] = list(dict.fromkeys([*_texts(properties.get(name)), *_texts(operand)]))
    elif operator == "$remove":
        gone = set(_texts(operand))
        properties[name] = [text for text in _texts(properties.get(name)) if text not in gone]
    else:
        sign = 1 if operator == "$incr" else -1
        properties[name] = _sum(_number(properties.get(name)), sign * _number(operand))


def _sum(value: float, change: float) -> int | float:
    try:
        return value + change
    except OverflowError:  # next to an integer beyond all floats, a float changes nothing
        return value


def _texts(value: object) -> list[str]:
    """Return a property as a list of strings; a single value becomes a list."""
    if value is None:
        return []
    return [str(part) for part in value] if isinstance(value, list) else [str(value)]


def _number(value: object) -> int | float:
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else 0
