"""The filters of a query: name, operator and value.

    {"name": "Amount", "operator": "greater_than", "value": 100}

Texts have the operators `equals`, `not_equals`, `contains`, `does_not_contain`, `exists` and
`does_not_exist`; numbers have `equals` and four comparisons. [D:clevertap-query-language] Some
operators have a second spelling: `gt`, `gte`, `lt`, `lte`, `not_contains` and `not_exists`. [SUR]
No source knows both, so each is sent as it is written.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tap_clevertap._plugin.shown import shown
from tap_clevertap._plugin.suggestions import folded, nearest
from tap_clevertap.query.values import is_number, read_value

if TYPE_CHECKING:
    from tap_clevertap.query.faults import Faults

EQUALITY = ("equals", "not_equals")
OF_TEXT = ("contains", "does_not_contain", "not_contains")
OF_PRESENCE = ("exists", "does_not_exist", "not_exists")
OF_NUMBERS = (
    *("greater_than", "greater_than_equals", "less_than", "less_than_equals"),
    *("gt", "gte", "lt", "lte"),
)
OPERATORS = (*EQUALITY, *OF_TEXT, *OF_PRESENCE, *OF_NUMBERS)
FILTER_KEYS = ("name", "operator", "value")
EXAMPLE_FILTER = "write it like {name: Amount, operator: greater_than, value: 100}"
IDENTITIES = frozenset({"identity", "objectid"})
"""Folded names of what CleverTap cannot filter by. [SUR]"""
PHONE = re.compile(r"\+\d{5,15}", re.ASCII)
"""The only form in which a telephone number is found. [SUR]"""


def read_filters(
    given: Any,  # noqa: ANN401 - any JSON value
    path: str,
    faults: Faults,
    *,
    of_profiles: bool = False,
) -> list[dict[str, Any]]:
    """Return a list of filters as CleverTap takes it.

    Args:
        given: As configured.
        path: Of the list.
        faults: Takes what is wrong.
        of_profiles: Whether they filter by properties of users.
    """
    if not isinstance(given, list):
        faults.add(path, "it is not a list", "put its filters into [ ]")
        return []
    return [
        _read_filter(each, f"{path}[{number}]", faults, of_profiles=of_profiles)
        for number, each in enumerate(given)
    ]


def _read_filter(
    given: Any,  # noqa: ANN401 - any JSON value
    path: str,
    faults: Faults,
    *,
    of_profiles: bool,
) -> dict[str, Any]:
    if not isinstance(given, dict):
        faults.add(path, "it is not a filter", EXAMPLE_FILTER)
        return {}
    faults.check_keys(given, FILTER_KEYS, path)
    name = read_name(given.get("name"), f"{path}.name", faults)
    read = dict(given)
    operator = "equals"
    if "operator" in given:
        operator = read_operator(given["operator"], OPERATORS, f"{path}.operator", faults)
    if "value" in given:
        read["value"] = read_value(given["value"], f"{path}.value", faults)
        _check_value(operator, read["value"], f"{path}.value", faults)
    elif operator not in OF_PRESENCE:
        faults.add(f"{path}.value", "it is missing", "set it")
    if of_profiles:
        _check_property(folded(name), operator, read.get("value"), path, faults)
    return read


def read_name(given: Any, path: str, faults: Faults) -> str:  # noqa: ANN401 - any JSON value
    """Return a name; empty, with a fault, if it is not one."""
    if isinstance(given, str) and folded(given):
        return given
    what = "it is missing" if given is None else "it is not a name"
    faults.add(path, what, "set it, exactly as the dashboard has it")
    return ""


def read_operator(
    given: Any,  # noqa: ANN401 - any JSON value
    known: tuple[str, ...],
    path: str,
    faults: Faults,
) -> str:
    """Return an operator; empty, with a fault, if it is not a known one."""
    if isinstance(given, str) and given in known:
        return given
    if not isinstance(given, str):
        faults.add(path, "it is not text", f"use one of {', '.join(known)}")
        return ""
    advice = nearest(given, known) or f"use one of {', '.join(known)}"
    faults.add(path, f"{shown(given)} is not an operator here", advice)
    return ""


def _check_value(operator: str, value: object, path: str, faults: Faults) -> None:
    if value is None:
        return
    if operator in OF_NUMBERS and not is_number(value):
        what = f"{shown(operator)} compares numbers, and it is not one"
        advice = "write one number without quotes, or use equals, contains or another operator"
        faults.add(path, what, advice)
    values = value if isinstance(value, list) else [value]
    if operator in OF_TEXT and not all(isinstance(each, str) for each in values):
        faults.add(path, f"{shown(operator)} searches in text", "put it in quotes")


def _check_property(name: str, operator: str, value: object, path: str, faults: Faults) -> None:
    """Refuse filters of users that CleverTap does not evaluate as they are meant.

    Args:
        name: Of the property, folded.
        operator: Of the filter.
        value: As it is sent.
        path: Of the filter.
        faults: Takes what is wrong.
    """
    if name in IDENTITIES:
        what = "CleverTap does not filter by identity and objectId"
        faults.add(f"{path}.name", what, "use `__filter__` in stream_maps")
    if name == "phone" and operator in EQUALITY:
        values = value if isinstance(value, list) else [value]
        if not all(isinstance(each, str) and PHONE.fullmatch(each) for each in values):
            what = "it is not a telephone number as CleverTap keeps it"
            faults.add(f"{path}.value", what, 'write it like "+14155551234", in quotes')
