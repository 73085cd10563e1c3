"""What a run of a plugin leaves behind, and the environment that it starts in."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any


@dataclass
class Output:
    """What a plugin left behind: its messages by type, its log, its exit status."""

    status: int
    log: str
    records: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    schemas: dict[str, dict[str, Any]] = field(default_factory=dict)
    states: list[dict[str, Any]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    @property
    def events(self) -> list[dict[str, Any]]:
        return self.records.get("events", [])

    @property
    def profiles(self) -> list[dict[str, Any]]:
        return self.records.get("profiles", [])

    @property
    def state(self) -> dict[str, Any]:
        return self.states[-1]

    def read(self, line: str) -> None:
        self.lines.append(line)
        message = json.loads(line, parse_float=Decimal)
        if message["type"] == "RECORD":
            self.records.setdefault(message["stream"], []).append(message["record"])
        elif message["type"] == "SCHEMA":
            self.schemas[message["stream"]] = message
        elif message["type"] == "STATE":
            self.states.append(message["value"])


SDK_WARNING = "ignore:Python 3.:FutureWarning"
"""Of the SDK, at each start from half a year before the end of the running Python version on."""


def clean_environment(**more: str) -> dict[str, str]:
    """Return the environment without settings that a developer may have set."""
    prefixes = ("TAP_CLEVERTAP", "TARGET_CLEVERTAP", "LOGLEVEL", "MELTANO")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(prefixes)}
    return {**kept, "PYTHONWARNINGS": SDK_WARNING, **more}
