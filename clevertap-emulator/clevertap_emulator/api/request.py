"""One API request as the emulator reads it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from clevertap_emulator.admin.faults import Action, Marks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clevertap_emulator.api.exports import Export

EXPORTS = {"/1/events.json": "events", "/1/profiles.json": "profiles"}
COUNTS = ("/1/counts/events.json", "/1/counts/profiles.json", "/1/counts/trends.json")
SHOWN_FLAGS = ("batch_size", "app", "events", "profile", "dryRun", "type", "req_id")


@dataclass
class Asked:
    """A request with its query decoded once; `number` is the journal's, `export` a page's."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""
    number: int = 0
    fault: Action = field(default_factory=Action)
    stranger: bool = False
    records: list[msgspec.Raw] | None = None
    export: Export | None = None

    @property
    def kind(self) -> str:
        """What the request is for: open, page, upload, schema, count, profile or other."""
        if self.path in EXPORTS:
            return "page" if "cursor" in self.query else "open"
        if self.path in COUNTS:
            return "count"
        return {"/1/upload": "upload", "/getSchema": "schema", "/1/profile.json": "profile"}.get(
            self.path, "other"
        )

    def question(self) -> dict[str, Any] | None:
        """Return the JSON object that was asked with; None where there is none.

        The old form has it in `?query=` [NODE].
        """
        text = self.query["query"].encode() if "query" in self.query else self.body
        try:
            return msgspec.json.decode(text, type=dict[str, Any])
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return None

    def marks(self) -> Marks:
        """Return what faults recognise the request by."""
        named = self.question() if self.kind in {"open", "count"} else None
        name = (named or {}).get("event_name")
        return Marks(self.path, self.method, self.kind, name if isinstance(name, str) else None)

    def flags(self) -> dict[str, str]:
        """Return the query parameters that the journal may show."""
        return {name: self.query[name] for name in SHOWN_FLAGS if name in self.query}
