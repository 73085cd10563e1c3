"""Marked secrets and personal data, and where they are found in what a run leaves behind."""

from __future__ import annotations

import json
import os
import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.support.plugin_process import write_json

if TYPE_CHECKING:
    from pathlib import Path

    from clevertap_emulator.testing import Emulator
    from tests.support.launcher import Launcher

ACCOUNT, PASSCODE = "ZQ7-ACC-000Z", "zq7-passcode"
PHONE = "+15557770007"
MARK = re.compile(rb".{0,60}(?:zq7|15557770007|cursor=|%2B|%3D).{0,40}", re.IGNORECASE)
"""All that is marked holds zq7, but for the telephone number; cursors are percent-encoded."""
NOW = int(time.time()) - 60
USERS = 40


def events() -> list[dict[str, Any]]:
    """Return events to upload, of users with names, of anonymous ones, and with odd properties."""
    known = [{"identity": f"zq7-user-{number}"} for number in range(USERS)]
    anonymous = [{"objectId": f"__gzq7device{number}"} for number in range(USERS)]
    data = {"zq7 property": "zq7 value", "amount": 12.5, "zq7 list": None}
    return [
        {**who, "type": "event", "evtName": "Bought", "ts": NOW - number, "evtData": data}
        for number, who in enumerate([*known, *anonymous])
    ]


def profiles() -> list[dict[str, Any]]:
    """Return the users' profiles, to be uploaded."""
    return [
        {
            "type": "profile",
            "identity": f"zq7-user-{number}",
            "profileData": {
                "Name": f"Zq7 Name {number}",
                "Email": f"zq7-{number}@example.org",
                "Phone": PHONE,
                "zq7 custom": ["zq7 one", "zq7 two"],
            },
        }
        for number in range(USERS)
    ]


def found(text: bytes) -> list[bytes]:
    """Return the marks in a text, with what is around them."""
    return MARK.findall(text)


@dataclass
class Place:
    """Runs one plugin at DEBUG in a folder of its own, and searches all that a run leaves."""

    launcher: Launcher
    emulator: Emulator
    folder: Path
    own: tuple[str, ...] = ()
    """How the names of files begin that are there to hold records."""
    given: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("work", "temporary", "home"):
            (self.folder / name).mkdir()
        self.launcher.folder = self.folder / "work"

    def run(self, *arguments: str, until: Any = None, **options: Any) -> tuple[int, str]:
        """Run to the end; `until` may disturb the run, and is given its process id."""
        variable = f"{self.launcher.plugin.upper().replace('-', '_')}_LOGLEVEL"
        self.launcher.start(
            *arguments,
            **{variable: "DEBUG"},
            TMPDIR=str(self.folder / "temporary"),
            HOME=str(self.folder / "home"),
            **options,
        )
        if until is not None:
            until(self.launcher.pid)
        return self.launcher.ended()

    def config(self, **settings: Any) -> str:
        """Write the settings where nobody searches, and return the path."""
        known = {
            "account_id": self.emulator.account_id,
            "passcode": self.emulator.passcode,
            "api_url": self.emulator.url,
        }
        return write_json({**known, **self.given, **settings})

    def leaks(self) -> list[tuple[str, bytes]]:
        """Return what is marked in names and contents of all files but those for records."""
        leaks = []
        for path in sorted(self.folder.rglob("*")):
            leaks += [(str(path), b"(its name)")] * bool(found(os.fsencode(path.name)))
            if path.is_file() and not path.name.startswith(self.own):
                content = path.read_bytes()
                if path.name == "stdout":
                    content = without_records(content)
                leaks += [(path.name, mark) for mark in found(content)]
        return leaks


def without_records(output: bytes) -> bytes:
    """Return the lines of an output that are not records, a torn last one included."""
    lines = output.splitlines(keepends=True)
    return b"".join(line for line in lines if not line.startswith(b'{"type":"RECORD"'))


def upload(emulator: Emulator) -> None:
    """Bring the marked data into an emulator."""
    answer = emulator.api("POST", "/1/upload", json={"d": [*profiles(), *events()]})
    assert answer.json()["status"] == "success", answer.text


def marked_rows(**change: Any) -> str:
    """Return an export's last page, whose one row is marked wherever it can be."""
    profile = {
        "objectId": "zq7-device", "identity": "zq7-user", "name": "Zq7", "phone": PHONE,
        "email": "zq7@example.org", "profileData": {"zq7": "zq7"}, "zq7": "zq7",
        "all_identities": ["zq7"],
    }  # fmt: skip
    row = {
        "ts": 20260831120000, "profile": profile, "event_props": {"zq7": "zq7"},
        "session_props": {"zq7": "zq7", "session_source": "zq7"},
    }  # fmt: skip
    return json.dumps({"status": "success", "records": [{**row, **change}]})
