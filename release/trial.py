"""Events and profiles out of an emulator and in again, with programs of a wheel each."""

from __future__ import annotations

import json
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

from packages import ReleaseError
from programs import LAST_LINES, SECONDS, clean_environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LISTENING = "clevertap-emulator listening on "
FLAGS = ("--port", "0", "--days", "3", "--users", "100", "--events-per-day", "200")
ACCOUNT = {"account_id": "TEST-000-0000", "passcode": "emulator"}
EVENT = "Charged"


@dataclass(frozen=True)
class Programs:
    """The folders with the programs of each package."""

    emulator: Path
    tap: Path
    target: Path


def round_trip(programs: Programs, folder: Path) -> int:
    """Read an event out of the emulator, load it into it again and return the number of rows.

    Raises:
        ReleaseError: A program failed, or another number arrived.
    """
    folder.mkdir()
    with _emulator(programs.emulator) as url:
        api = {**ACCOUNT, "api_url": url}
        tap = _config(folder / "tap.json", api, events=[EVENT], timezone="Asia/Kolkata")
        target = _config(folder / "target.json", api)
        wanted = len(_asked(f"{url}/_emulator/truth?kind=events&event_name={EVENT}")["events"])
        _pipe(programs, tap, target, folder)
        arrived = _asked(f"{url}/_emulator/uploads?limit=0")["counts"]["events"]
    if not 0 < arrived == wanted:
        message = (
            f"round trip: {arrived} of {wanted} events arrived; its logs end with\n{_ends(folder)}"
        )
        raise ReleaseError(message)
    return wanted


@contextmanager
def _emulator(programs: Path) -> Iterator[str]:
    command = [str(programs / "clevertap-emulator"), *FLAGS]
    with subprocess.Popen(
        command, env=clean_environment(), stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            if not line.startswith(LISTENING):
                message = "clevertap-emulator: it does not start from its wheel; run it by hand"
                raise ReleaseError(message)
            yield line.removeprefix(LISTENING).strip()
        finally:
            process.terminate()


def _config(path: Path, api: dict[str, str], **more: object) -> Path:
    path.write_text(json.dumps({**api, **more}), encoding="utf-8")
    return path


def _pipe(programs: Programs, tap: Path, target: Path, folder: Path) -> None:
    """Run the tap with its output going into the target.

    Raises:
        ReleaseError: One of them ended with another status than 0.
    """
    with (folder / "tap.log").open("wb") as tap_log, (folder / "target.log").open("wb") as log:
        env = clean_environment()
        reader = subprocess.Popen(
            [programs.tap / "tap-clevertap", "--config", tap],
            env=env,
            stdout=subprocess.PIPE,
            stderr=tap_log,
        )
        writer = subprocess.run(
            [programs.target / "target-clevertap", "--config", target],
            cwd=folder,
            env=env,
            stdin=reader.stdout,
            stdout=subprocess.DEVNULL,
            stderr=log,
            check=False,
            timeout=SECONDS,
        )
        if reader.stdout:
            reader.stdout.close()  # a tap whose target ended early is not to wait for it
        statuses = {"tap": reader.wait(SECONDS), "target": writer.returncode}
    if any(statuses.values()):
        message = f"round trip: exit status {statuses}; its logs end with\n{_ends(folder)}"
        raise ReleaseError(message)


def _ends(folder: Path) -> str:
    """Return the last lines of both logs: their folder is removed at the end."""
    logs = [path.read_text("utf-8", "replace") for path in sorted(folder.glob("*.log"))]
    return "\n".join(line for log in logs for line in log.splitlines()[-LAST_LINES:])


def _asked(url: str) -> dict[str, Any]:
    with urlopen(Request(url), timeout=SECONDS) as response:  # noqa: S310 - an emulator's address
        answer: dict[str, Any] = json.load(response)
    return answer
