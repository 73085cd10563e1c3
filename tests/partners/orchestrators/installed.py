"""The project of examples/airflow as it is installed where the tasks run: `/opt/clevertap`."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.partners.meltano_project import ROOT, RUN_SECONDS, installing_environment
from tests.support.pages import block

if TYPE_CHECKING:
    from pathlib import Path

EXAMPLE = ROOT / "examples" / "airflow"


@dataclass
class Home:
    """The folder of the programs, and the folder of the projects' data."""

    folder: Path
    data: Path

    @classmethod
    def install(cls, folder: Path, repository: Path) -> Home:
        """Run the commands that README has for it, in a folder other than /opt/clevertap."""
        commands = block("examples/airflow/README.md", "Set up", "shell")
        subprocess.run(
            ["bash", "-euc", commands.replace("/opt/clevertap", str(folder))],
            cwd=ROOT / "examples" / "airflow",
            env=installing_environment(repository),
            capture_output=True,
            check=True,
            timeout=RUN_SECONDS,
        )
        return cls(folder, folder / "data")

    def pipeline(self, project: str, job: str) -> Path:
        """Return the folder of a pipeline, there before its first run."""
        folder = self.data / project / job
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def put_orders(self, project: str, rows: list[dict[str, Any]]) -> None:
        """Write what the pipeline into CleverTap reads."""
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (self.pipeline(project, "in") / "orders.jsonl").write_text(lines)

    def read_events(self, project: str) -> list[dict[str, Any]]:
        """Return the rows that arrived in files; a file of a killed run may end within a line."""
        rows = []
        for file in sorted((self.pipeline(project, "out") / "output").glob("events-*.jsonl")):
            *whole, _ = file.read_text().split("\n")
            rows += map(json.loads, whole)
        return rows


def orders(prefix: str, count: int, **changes: Any) -> list[dict[str, Any]]:
    """Return orders of one shop, each with a number of its own."""
    return [
        {
            "order_id": f"{prefix}-{number}",
            "customer_id": f"{prefix}-customer-{number % 50}",
            "total": number + 0.25,
            "placed_at": f"2026-11-0{1 + number % 9}T10:00:00+00:00",
            **changes,
        }
        for number in range(count)
    ]


def delivered(writer, prefix=""):
    """Return the order numbers that arrived, in order of arrival, as often as they did."""
    events = writer.uploads(kind="events")["events"]
    numbers = [each["record"]["evtData"]["Charged ID"] for each in events]
    return [each for each in numbers if each.startswith(prefix)]
