"""How events are read: by the tap, by its peers, and by a bare client."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from verification.bench.bare import BareClient
from verification.bench.measure import BIN, Measured, measure

if TYPE_CHECKING:
    from clevertap_emulator.testing import Emulator
    from verification.bench.workplace import Workplace

HERE = Path(__file__).parent
ZONE = "Asia/Kolkata"
DAYS = 28
TODAY = datetime.now(ZoneInfo(ZONE)).date()
EVENTS = ["App Launched", "Product Viewed", "Charged", "Added To Cart", "Search"]
MILLION_A_DAY = 54_000
"""Events of a day, all names together, so that those above have a million in four weeks."""

HISTORY: dict[str, Any] = {
    "timezone": ZONE,
    "days": DAYS,
    "preparing": 0,
    "hollow_pages": False,
    "users": 20_000,
    "cached_megabytes": 4000,
}


@dataclass
class Source:
    """An emulator, and which of its events are read of which days."""

    place: Workplace
    emulator: Emulator
    events: list[str]
    first: date = TODAY - timedelta(DAYS - 1)
    last: date = TODAY
    environment: dict[str, str] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    """Settings of the tap in addition to those of every case."""

    programs: Path = BIN
    """The folder of the tap."""

    def command(self) -> list[str]:
        """Return the command line of the tap."""
        settings = {
            "account_id": self.emulator.account_id,
            "passcode": self.emulator.passcode,
            "api_url": self.emulator.url,
            "timezone": ZONE,
            "start_date": self.first.isoformat(),
            "end_date": self.last.isoformat(),
            "request_timeout": 600,  # the emulator makes a day of millions in one go
            "events": self.events,
            "profile_events": [],
            **self.settings,
        }
        return [str(self.programs / "tap-clevertap"), "--config", self.place.config(settings)]

    def read(self, *into: list[str], output: str = "") -> Measured:
        """Let the tap read, into another command or a file of the case's; else nowhere."""
        stdout = self.path(output) if output else os.devnull
        return measure(self.command(), *into, stdout=stdout, environment=self.environment)

    def counted(self) -> int:
        """Return how many records the tap writes; the emulator then has all pages written."""
        self.read(["grep", "--count", '^{"type":"RECORD"'], output="counted")
        return int(Path(self.path("counted")).read_text())

    def exact_count(self) -> int:
        """Return how many rows the emulator has."""
        counts = "/1/counts/events.json"
        asked = [{**self._days(), "event_name": each} for each in self.events]
        return sum(self.emulator.api("POST", counts, json=each).json()["count"] for each in asked)

    def path(self, name: str) -> str:
        """Return the path of a file of the case's."""
        return str(self.place.folder / name)

    def quickhouse(self) -> Measured:
        """Let quickhouse read the first event into CSV."""
        days = [self.first.isoformat(), self.last.isoformat()]
        command = [sys.executable, str(HERE / "rival.py"), self.emulator.url, self.events[0]]
        return measure([*command, *days, self.path("csv")], stdout=self.path("rival"))

    def quickhouse_rows(self) -> int:
        """Return how many rows quickhouse read last."""
        return int(Path(self.path("rival")).read_text())

    def plain_tap(self) -> Measured:
        """Read the first event with the SDK's own classes into a file."""
        asked = self._question()
        asked["event"] = asked.pop("event_name")
        config = self.place.config({"api_url": self.emulator.url, **asked})
        command = [sys.executable, str(HERE / "peers.py"), "tap", "--config", config]
        return measure(command, stdout=self.path("plain.jsonl"))

    def bare(self) -> float:
        """Return how many rows a second of the first event the emulator alone serves."""
        client, asked = BareClient(self.emulator), self._question()
        client.rows_a_second(asked)  # the emulator has its pages written from here on
        return client.rows_a_second(asked)

    def _question(self) -> dict[str, Any]:
        return {"event_name": self.events[0], **self._days()}

    def _days(self) -> dict[str, int]:
        return {"from": int(f"{self.first:%Y%m%d}"), "to": int(f"{self.last:%Y%m%d}")}
