"""Running the plugins as their users do: as processes, with files and pipes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

BIN = Path(sys.executable).parent


def heed_signals() -> None:
    """Have what this process starts heed signals, though a shell in the background ignores them.

    A handler becomes the default again in a program that is started; what is ignored stays so.
    """
    for each in (signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(each) is signal.SIG_IGN:
            signal.signal(each, lambda *_: None)


heed_signals()


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


def clean_environment(**more: str) -> dict[str, str]:
    """Return the environment without settings that a developer may have set."""
    prefixes = ("TAP_CLEVERTAP", "TARGET_CLEVERTAP", "LOGLEVEL", "MELTANO")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(prefixes)}
    return {**kept, **more}


def write_json(value: Any) -> str:
    """Write a value to a file of its own, and return its path."""
    with tempfile.NamedTemporaryFile("w", suffix=".json", delete=False) as file:
        json.dump(value, file)
    return file.name


def tap_config(emulator: Any, **config: Any) -> dict[str, Any]:
    """Return settings that reach an emulator, without profiles unless asked for."""
    return {
        "account_id": emulator.account_id,
        "passcode": emulator.passcode,
        "api_url": emulator.url,
        "profile_events": [],
        **config,
    }


def tap_command(config: dict[str, Any], *, state: Any = None, arguments: tuple[str, ...] = ()):
    """Return the command line of a tap's run."""
    command = [str(BIN / "tap-clevertap"), "--config", write_json(config), *arguments]
    return [*command, "--state", write_json(state)] if state is not None else command


def run_tap(
    config: dict[str, Any],
    *,
    state: Any = None,
    arguments: tuple[str, ...] = (),
    timeout: float = 90,
    **environment: str,
) -> Output:
    """Run the tap to its end."""
    finished = subprocess.run(
        tap_command(config, state=state, arguments=arguments),
        capture_output=True,
        check=False,
        env=clean_environment(**environment),
        text=True,
        timeout=timeout,
    )
    output = Output(finished.returncode, finished.stderr)
    for line in finished.stdout.splitlines():
        output.read(line)
    return output


def discovered() -> dict[str, Any]:
    """Return the tap's catalog."""
    command = [str(BIN / "tap-clevertap"), "--discover"]
    found = subprocess.run(command, capture_output=True, check=True, env=clean_environment())
    return json.loads(found.stdout)
