"""What getSchema declares: the properties of each event, read leniently.

Only `events` and the names in it are documented; the keys of a property are unknown. [D:get-schema;
ING]
"""

from __future__ import annotations

from typing import Any

import msgspec

from tap_clevertap.records.exact_json import UNREADABLE_JSON
from tap_clevertap.typed.kinds import PropertyKind, kind_of

PROPERTIES = frozenset(("properties", "eventproperties", "props", "attributes"))
NAMES = frozenset(("name", "propertyname", "key"))
TYPES = frozenset(("type", "datatype", "propertytype", "valuetype"))


def declared_properties(content: bytes) -> dict[str, dict[str, PropertyKind]]:
    """Return the properties of each event with their kinds.

    Args:
        content: The response of getSchema. What is not understood is left out.
    """
    try:
        events = msgspec.json.decode(content).get("events")
    except (*UNREADABLE_JSON, AttributeError):
        return {}
    found: dict[str, dict[str, PropertyKind]] = {}
    for event in events if isinstance(events, list) else ():
        name = event.get("name") if isinstance(event, dict) else event
        if name:
            properties = _member(event, PROPERTIES)
            found.setdefault(str(name), {}).update(_properties(properties))
    return found


def _properties(given: Any) -> dict[str, PropertyKind]:  # noqa: ANN401 - any JSON value
    if isinstance(given, dict):
        return {name: kind_of(_type_in(value)) for name, value in given.items()}
    found = {}
    for each in given if isinstance(given, list) else ():
        name = each if isinstance(each, str) else _member(each, NAMES)
        if isinstance(name, str):
            found[name] = kind_of(_member(each, TYPES))
    return found


def _type_in(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    return _member(value, TYPES) if isinstance(value, dict) else value


def _member(value: Any, keys: frozenset[str]) -> Any:  # noqa: ANN401 - any JSON value
    """Return the member whose key is one of some, in any case and with any separators."""
    if not isinstance(value, dict):
        return None
    for key, member in value.items():
        if "".join(filter(str.isalnum, key.casefold())) in keys:
            return member
    return None
