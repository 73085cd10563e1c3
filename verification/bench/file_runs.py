"""How export files are read: by the tap, and by the libraries that read them elsewhere."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from verification.bench.measure import BIN, Measured, measure
from verification.bench.tap_runs import EVENTS, HISTORY, ZONE

if TYPE_CHECKING:
    from verification.bench.workplace import Workplace

PEERS = str(Path(__file__).parent / "file_peers.py")
DAY = date(2026, 1, 15)
SHARE_OF_EVENT = 0.24
"""Of all generated events, those of the first name."""
STREAM = "exported_events"


def history(rows: int) -> dict[str, Any]:
    """Return the flags of an emulator that has about so many rows of the event on the day."""
    day = (DAY + timedelta(1)).isoformat()
    daily = int(rows / SHARE_OF_EVENT)
    return {
        "timezone": ZONE,
        "days": 2,
        "today": day,
        "users": HISTORY["users"],
        "events_per_day": daily,
    }


@dataclass
class ExportedFile:
    """One file of a day of one event."""

    place: Workplace
    format: str
    rows: int
    """About how many it has."""

    @cached_property
    def path(self) -> Path:
        """Write it, alone in a folder."""
        folder = self.place.folder / f"{self.format}-{self.rows}"
        flags = history(self.rows) | {
            "out": folder,
            "format": self.format,
            "what": "events",
            "databases": 1,
            "rows_per_file": 10 * self.rows,
            "event": EVENTS[0],
        }
        given = [str(each) for name, value in flags.items() for each in (_flag(name), value)]
        command = [str(BIN / "clevertap-emulator"), "export", *given]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own
        (found,) = folder.glob(f"*-{DAY:%Y%m%d}-*")
        for other in folder.iterdir():
            if other != found:
                other.unlink()
        return found

    def read(self) -> Measured:
        """Let the tap write the records of the file into a file."""
        path = str(self.place.folder / "records.jsonl")
        settings = {
            "account_id": "TEST-000-0000",
            "timezone": ZONE,
            "export_files_url": str(self.path.parent),
        }
        command = [str(BIN / "tap-clevertap"), "--config", self.place.config(settings)]
        return measure([*command, "--catalog", self._catalog(command)], stdout=path)

    def read_by(self, peer: str) -> Measured:
        """Let another library make Python objects of the rows."""
        return measure([sys.executable, PEERS, peer, str(self._plain())])

    def counted(self) -> int:
        """Return how many rows the tap wrote last."""
        with (self.place.folder / "records.jsonl").open("rb") as lines:
            return sum(line.startswith(b'{"type":"RECORD"') for line in lines)

    def _plain(self) -> Path:
        """Return the file as other libraries read it: without the name in its first line."""
        if self.format != "json":
            return self.path
        plain = self.path.with_suffix(".plain")
        if not plain.exists():
            with gzip.open(self.path) as packed, plain.open("wb") as unpacked:
                packed.readline()
                shutil.copyfileobj(packed, unpacked, 1 << 20)
            plain = plain.rename(self.place.folder / plain.name)
        return plain

    def _catalog(self, command: list[str]) -> str:
        """Write a catalog that selects the files' events alone, and return its path."""
        found = subprocess.run([*command, "--discover"], check=True, capture_output=True)  # noqa: S603 - ours
        catalog = json.loads(found.stdout)
        catalog["streams"] = [each for each in catalog["streams"] if each["stream"] == STREAM]
        for entry in catalog["streams"][0]["metadata"]:
            if not entry["breadcrumb"]:
                entry["metadata"]["selected"] = True
        path = self.place.folder / "catalog.json"
        path.write_text(json.dumps(catalog))
        return str(path)


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"
