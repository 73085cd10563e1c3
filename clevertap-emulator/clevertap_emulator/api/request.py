"""One API request: its kind, its parameters, its JSON query."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from clevertap_emulator.admin.faults import FaultAction, FaultTarget
from clevertap_emulator.api.parsing import JSON_ERRORS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clevertap_emulator.api.open_exports import OpenExport

EXPORTS = {"/1/events.json": "events", "/1/profiles.json": "profiles"}
COUNTS = ("/1/counts/events.json", "/1/counts/profiles.json", "/1/counts/trends.json")
USER_CALLS = {
    "/1/delete/profiles.json": "delete",
    "/1/subscribe": "subscribe",
    "/1/disassociate": "disassociate",
}
OTHER_KINDS = {
    **USER_CALLS,
    "/1/upload": "upload",
    "/getSchema": "schema",
    "/1/profile.json": "profile",
    "/1/targets/list.json": "report",
    "/1/targets/result.json": "report",
    "/1/message/report.json": "report",
    "/category-groups": "report",
    "/v1/contentBlock/list": "report",
}
LOGGED_PARAMS = ("batch_size", "app", "events", "profile", "dryRun", "type", "req_id")


@dataclass
class ApiRequest:
    """One request, its URL parameters decoded.

    Attributes:
        number: Its number in the journal, from 1.
        anonymous: Its credentials are unknown, and the emulator responds without data.
        records: The records of an upload; None if the body is not an upload.
        export: The export that a page belongs to.
    """

    method: str
    path: str
    params: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""
    number: int = 0
    fault: FaultAction = field(default_factory=FaultAction)
    anonymous: bool = False
    records: list[msgspec.Raw] | None = None
    export: OpenExport | None = None

    @property
    def kind(self) -> str:
        """What the request is for: a name that faults can match."""
        if self.path in EXPORTS:
            return "page" if "cursor" in self.params else "open"
        if self.path in COUNTS:
            return "poll" if "req_id" in self.params else "count"
        return OTHER_KINDS.get(self.path, "other")

    def query(self) -> dict[str, Any] | None:
        """Return the JSON query; None if it is not a JSON object.

        It is the body, or the parameter `query` in the old form [NODE].
        """
        text = self.params["query"].encode() if "query" in self.params else self.body
        try:
            return msgspec.json.decode(text, type=dict[str, Any])
        except JSON_ERRORS:
            return None

    def event_name(self) -> str | None:
        """Return the name in the query of an export or a count; None if there is none."""
        query = self.query() if self.kind in {"open", "count"} else None
        name = (query or {}).get("event_name")
        return name if isinstance(name, str) else None

    def fault_target(self, event_name: str | None) -> FaultTarget:
        """Return what a fault can match."""
        return FaultTarget(self.path, self.method, self.kind, event_name)

    def logged_params(self) -> dict[str, str]:
        """Return the URL parameters that the journal may show."""
        return {name: self.params[name] for name in LOGGED_PARAMS if name in self.params}
