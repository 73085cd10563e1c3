"""An emulator in a process of its own, reached over HTTP, for the tests of all three packages."""

from __future__ import annotations

import select
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import Any

import requests

READY = "clevertap-emulator listening on "
READY_SECONDS = 30
ANSWER_SECONDS = 60
END_SECONDS = 10


def flags_of(options: dict[str, Any]) -> list[str]:
    """Write keyword options as flags: True is `on`, a list repeats the flag."""
    flags: list[str] = []
    for name, value in options.items():
        flag = "--" + name.replace("_", "-")
        values = value if isinstance(value, (list, tuple)) else [value]
        for each in values:
            written = {True: "on", False: "off"}[each] if isinstance(each, bool) else str(each)
            flags += [flag, written]
    return flags


@dataclass
class Emulator:
    """One running emulator; `Emulator.start(days=3, contract="documented")` makes it."""

    process: subprocess.Popen[str]
    url: str
    account_id: str = "TEST-000-0000"
    passcode: str = "emulator"
    session: requests.Session = field(default_factory=requests.Session)

    @classmethod
    def start(cls, **options: Any) -> Emulator:
        """Start an emulator on a free port and wait until it listens."""
        command = [sys.executable, "-m", "clevertap_emulator", *flags_of({"port": 0} | options)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        url = _url_of(process)
        known = {key: str(options[key]) for key in ("account_id", "passcode") if key in options}
        return cls(process, url, **known)

    @property
    def headers(self) -> dict[str, str]:
        return {
            "X-CleverTap-Account-Id": self.account_id,
            "X-CleverTap-Passcode": self.passcode,
        }

    def api(self, method: str, path: str, **options: Any) -> requests.Response:
        """Call the API with the right credentials, unless `headers` are given."""
        options.setdefault("headers", self.headers)
        options.setdefault("timeout", ANSWER_SECONDS)
        return self.session.request(method, self.url + path, **options)

    def truth(self, **filters: Any) -> dict[str, Any]:
        """Return what a complete export must contain; `from_day` and `to_day` are YYYYMMDD."""
        renamed = {"from_day": "from", "to_day": "to"}
        return self._own("GET", "truth", {renamed.get(key, key): filters[key] for key in filters})

    def uploads(self, **filters: Any) -> dict[str, Any]:
        return self._own("GET", "uploads", filters)

    def requests(self, **filters: Any) -> dict[str, Any]:
        return self._own("GET", "requests", filters)

    def faults(self, scheduled: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Replace the scheduled faults."""
        return self._own("POST", "faults", {}, scheduled)["faults"]

    def fired(self) -> list[int]:
        """Return how often each scheduled fault fired."""
        return [fault["fired"] for fault in self._own("GET", "faults", {})["faults"]]

    def clear_faults(self) -> None:
        self._own("DELETE", "faults", {})

    def reset(self) -> None:
        self._own("POST", "reset", {})

    def stop(self) -> int:
        """End the process and return its exit status."""
        self.session.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()
        return self.process.returncode

    def _own(
        self, method: str, path: str, query: dict[str, Any], body: object = None
    ) -> dict[str, Any]:
        answer = self.session.request(
            method,
            f"{self.url}/_emulator/{path}",
            params=query,
            json=body,
            timeout=ANSWER_SECONDS,
        )
        assert answer.ok, answer.text
        return answer.json()


def _url_of(process: subprocess.Popen[str]) -> str:
    """Wait for the line that says where an emulator listens."""
    assert process.stdout is not None
    until = time.monotonic() + READY_SECONDS
    line = ""
    while process.poll() is None and time.monotonic() < until:
        if select.select([process.stdout], [], [], 0.2)[0]:
            line = process.stdout.readline()
            break
    if line.startswith(READY):
        return line.removeprefix(READY).strip()
    process.kill()
    process.wait()
    message = f"the emulator did not start: exit {process.returncode}, {line!r}"
    raise RuntimeError(message)
