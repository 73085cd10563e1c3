"""What getSchema declares: the properties of each event, read leniently.

Only `events` and the names in it are documented; the keys of a property are unknown. [D:get-schema;
ING]
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from tap_clevertap.records.exact_json import UNREADABLE_JSON
from tap_clevertap.typed.kinds import PropertyKind, kind_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PROPERTIES = ("properties", "eventproperties", "props", "attributes")
NAMES = ("name", "propertyname", "key")
TYPES = ("datatype", "valuetype", "type", "propertytype")
"""Keys, the most telling one first: a property's `type` may also be `Custom` or `System`."""


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
            properties = next(filter(None, _members(event, PROPERTIES, (list, dict))), None)
            found.setdefault(str(name), {}).update(_properties(properties))
    return found


def _properties(given: Any) -> dict[str, PropertyKind]:  # noqa: ANN401 - any JSON value
    if isinstance(given, dict):
        return {name: _kind(value) for name, value in given.items()}
    found = {}
    for each in given if isinstance(given, list) else ():
        name = each if isinstance(each, str) else next(_members(each, NAMES, (str,)), None)
        if name is not None:
            found[name] = _kind(each if isinstance(each, dict) else None)
    return found


def _kind(declared: Any) -> PropertyKind:  # noqa: ANN401 - any JSON value
    """Return the kind of a type, or of the first member of a property that is a known type."""
    types = _members(declared, TYPES, (str,)) if isinstance(declared, dict) else (declared,)
    kinds = (kind for kind in map(kind_of, types) if kind is not PropertyKind.ANY)
    return next(kinds, PropertyKind.ANY)


def _members(
    value: Any,  # noqa: ANN401 - any JSON value
    keys: Sequence[str],
    kinds: tuple[type, ...],
) -> Iterator[Any]:
    """Yield members of some types, in the order of keys: in any case and with any separators."""
    members = value.items() if isinstance(value, dict) else ()
    folded = [("".join(filter(str.isalnum, key.casefold())), member) for key, member in members]
    for key in keys:
        yield from (each for name, each in folded if name == key and isinstance(each, kinds))
