"""getSchema: events and user properties with their types, as the dashboard spells them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clevertap_emulator.api.responses import EMPTY_200, INCORRECT_USAGE, ApiResponse, success

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clevertap_emulator.api.request import ApiRequest
    from clevertap_emulator.data.declarations import Declarations, DeclaredEvent
    from clevertap_emulator.settings import Settings


def describe_schema(
    settings: Settings, declarations: Declarations, request: ApiRequest
) -> ApiResponse:
    """Describe events or user properties; the keys other than `name` are guesses [ING]."""
    if not settings.getschema:
        return EMPTY_200
    described = request.params.get("type", "events")
    if described == "events":
        known = [] if request.anonymous else declarations.next_response()
        return success({"events": [_event(event) for event in known]})
    if described == "userProperties":
        types = {} if request.anonymous else declarations.user_properties()
        return success({"userProperties": _properties(types)})
    return INCORRECT_USAGE


def _event(event: DeclaredEvent) -> dict[str, Any]:
    return {
        "name": event.name,
        "type": "System" if event.system else "Custom",
        "status": "Discarded" if event.discarded else "Active",
        "eventCount": 0,
        "properties": _properties(event.properties),
    }


def _properties(types: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "type": kind, "status": "Active"} for name, kind in types.items()]
