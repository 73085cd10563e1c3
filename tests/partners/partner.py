"""Published taps and targets, each in an environment of its own, run as processes."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.plugin_process import write_json
from tests.support.run_output import clean_environment

DATA = Path(__file__).with_name("compatibility.yml")
ENVIRONMENTS = Path(__file__).parents[2] / ".venv" / "partners"
RUN_SECONDS = 180


def entries() -> list[dict[str, Any]]:
    """Return what is known of every partner."""
    known = yaml.safe_load(DATA.read_text())
    return [*known["targets"], *known["taps"]]


def python_fits(entry: dict[str, Any]) -> bool:
    """Return whether a partner's packages install on this Python."""
    newest = str(entry.get("newest_python", "3.99"))
    return sys.version_info[:2] <= tuple(map(int, newest.split(".")))


@dataclass
class Ended:
    """How a program ended, and the Singer messages that it wrote."""

    status: int
    log: str
    output: bytes = field(repr=False)

    @property
    def messages(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.output.splitlines() if line.strip()]

    @property
    def states(self) -> list[dict[str, Any]]:
        """Return the states: those of a tap's STATE messages, or those that a target passes on."""
        found = self.messages
        return [each.get("value", each) if "type" in each else each for each in found]


@dataclass
class Partner:
    """One tap or target, installed."""

    name: str
    version: str
    program: Path

    @classmethod
    def installed(cls, name: str) -> Partner:
        """Find a partner that `make partners` installed, or skip the test."""
        entry = next(each for each in entries() if each["name"] == name)
        if not python_fits(entry):
            newest = entry["newest_python"]
            pytest.skip(
                f"{name} needs Python {newest} or older: make partners PYTHON=python{newest}"
            )
        folder = ENVIRONMENTS / name
        assert folder.is_dir(), f"{name} is not installed: make partners does it"
        packages = folder.glob("lib/python*/site-packages/*.dist-info")
        versions = {_plain(each.name.split("-")[0]): each.name.split("-")[1] for each in packages}
        package = re.split(r"[=~<>\[ ]", entry["packages"][0])[0]
        program = entry.get("program", re.search(r"(tap|target)-.*", name)[0])
        return cls(name, versions[_plain(package)].removesuffix(".dist"), folder / "bin" / program)

    def run(
        self,
        config: dict[str, Any],
        *arguments: str,
        messages: bytes = b"",
        expected: int = 0,
        folder: Path | None = None,
        **environment: str,
    ) -> Ended:
        """Run it to its end, with Singer messages on standard input."""
        finished = subprocess.run(
            [str(self.program), "--config", write_json(config), *arguments],
            input=messages,
            capture_output=True,
            check=False,
            cwd=folder,
            env=clean_environment(**environment),
            timeout=RUN_SECONDS,
        )
        log = finished.stderr.decode()
        assert finished.returncode == expected, f"{self.name}: {log[-4000:]}"
        return Ended(finished.returncode, log, finished.stdout)


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
