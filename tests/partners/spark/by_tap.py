"""What the tap itself reads from a folder of export files."""

from __future__ import annotations

import functools
import json
import subprocess
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tests.support.plugin_process import BIN, tap_command, write_json
from tests.support.run_output import Output, clean_environment

if TYPE_CHECKING:
    from pathlib import Path

PROJECT = {"account_id": "TEST-000-0000", "timezone": "Asia/Kolkata"}
SECONDS = 120


def exact(text: str) -> Any:
    """Decode JSON; a decimal keeps its digits."""
    return json.loads(text, parse_float=Decimal)


@functools.cache
def catalog() -> str:
    """Write a catalog that selects the streams of export files alone, and return its path."""
    found = exact(run([str(BIN / "tap-clevertap"), "--discover"]))
    streams = [each for each in found["streams"] if "exported" in each["stream"]]
    for stream in streams:
        for each in stream["metadata"]:
            each["metadata"]["selected"] = True
    return write_json({"streams": streams})


def run(command: list[str]) -> str:
    """Return what the tap writes; pyarrow does not run in the launcher of other tests."""
    environment = clean_environment()
    ended = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=SECONDS, env=environment
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def read(folder: Path, **config: Any) -> Output:
    """Return the records of both streams."""
    settings = {**PROJECT, "export_files_url": str(folder), **config}
    output = Output(0, "")
    for line in run(tap_command(settings, arguments=("--catalog", catalog()))).splitlines():
        output.read(line)
    return output


def spelled(record: dict[str, Any]) -> str:
    """Return a record as text that is equal for equal values; numbers keep their digits."""
    return json.dumps(record, sort_keys=True, default=repr)
