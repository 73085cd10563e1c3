"""getSchema: the names of events and of user properties, as the dashboard spells them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clevertap_emulator.api.responses import EMPTY_200, INCORRECT_USAGE, ApiResponse, success
from clevertap_emulator.data.catalogue import folded

if TYPE_CHECKING:
    from clevertap_emulator.api.request import ApiRequest
    from clevertap_emulator.data.catalogue import EventKind, EventNames
    from clevertap_emulator.data.people import People
    from clevertap_emulator.settings import Settings


def describe_schema(
    settings: Settings, names: EventNames, people: People, request: ApiRequest
) -> ApiResponse:
    """Describe events or user properties; the keys other than `name` are guesses [ING]."""
    if not settings.getschema:
        return EMPTY_200
    described = request.params.get("type", "events")
    if described == "events":
        known = [] if request.anonymous else names.spelled()
        return success({"events": [_event(names, name) for name in known]})
    if described == "userProperties":
        return success({"userProperties": [] if request.anonymous else _properties(people)})
    return INCORRECT_USAGE


def _event(names: EventNames, name: str) -> dict[str, Any]:
    kind = names.kinds.get(name)
    return {
        "name": name,
        "type": "System" if kind is not None and kind.system else "Custom",
        "status": "Discarded" if folded(name) in names.discarded else "Active",
        "eventCount": 0,
        "properties": _event_properties(kind),
    }


def _event_properties(kind: EventKind | None) -> list[dict[str, str]]:
    known = [] if kind is None else list(kind.properties)
    return [{"name": name, "type": "String", "status": "Active"} for name in known]


def _properties(people: People) -> list[dict[str, str]]:
    found: dict[str, None] = {}
    for number in range(min(50, people.count)):
        found |= dict.fromkeys(people.person(number).properties or {})
    return [{"name": name, "type": "String", "status": "Active"} for name in found]
