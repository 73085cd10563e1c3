"""Runs of the tap that read export files alone."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
from functools import cache
from typing import TYPE_CHECKING, Any

from tests.support.plugin_process import discovered, tap_command, write_json
from tests.support.run_output import Output, clean_environment

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from tests.support.launcher import Launcher

EVENTS, PROFILES = "exported_events", "exported_profiles"
ACCOUNT, ZONE = "TEST-000-0000", "Asia/Kolkata"
"""The emulator's own."""
SECONDS = 120


@cache
def catalog(*streams: str) -> str:
    """Return the path of a catalog that selects only these streams."""
    found = discovered()
    for stream in found["streams"]:
        root = next(each for each in stream["metadata"] if not each["breadcrumb"])
        root["metadata"]["selected"] = stream["tap_stream_id"] in streams
    return write_json(found)


def files_config(folder: Path | str, **settings: Any) -> dict[str, Any]:
    """Return settings without a passcode that read the files of a folder."""
    own = {"account_id": ACCOUNT, "timezone": ZONE, "export_files_url": str(folder)}
    return {**own, **settings}


def read_files(
    launcher: Launcher,
    folder: Path | str,
    *streams: str,
    state: Any = None,
    **settings: Any,
) -> Output:
    """Read the files of a folder, by a fork of a process that has loaded the tap."""
    given = ["--catalog", catalog(*(streams or (EVENTS, PROFILES)))]
    if state is not None:
        given += ["--state", write_json(state)]
    config = write_json(files_config(folder, **settings))
    return launcher.run("--config", config, *given, speed=1)


def read_files_alone(
    folder: Path | str,
    *streams: str,
    state: Any = None,
    environment: Mapping[str, str] | None = None,
    **settings: Any,
) -> Output:
    """Read the files of a folder by a process of its own, as pyarrow and workers need it."""
    chosen = catalog(*(streams or (EVENTS, PROFILES)))
    config = files_config(folder, **settings)
    command = tap_command(config, state=state, arguments=("--catalog", chosen))
    variables = clean_environment(**(environment or {}))
    ended = subprocess.run(
        command, capture_output=True, check=False, timeout=SECONDS, env=variables
    )
    output = Output(ended.returncode, ended.stderr.decode())
    for line in ended.stdout.decode().splitlines():
        output.read(line)
    return output


def keys(records: Iterable[dict[str, Any]]) -> list[str]:
    """Return the keys of events, sorted."""
    return sorted(record["event_key"] for record in records)


def receipt_of(path: Path) -> dict[str, Any]:
    """Return what a receipt has of the streams of files, by stream."""
    found = json.loads(path.read_text())
    return {each["stream"]: each for each in found["files"]}


def put_events(
    folder: Path,
    *amounts: Any,
    run: int = 1_761_651_721,
    event: str = "Charged",
    index: int = 0,
    database: int = 0,
    day: int = 20251003,
    **row: Any,
) -> Path:
    """Write a file of events, one for each amount; those with equal amounts are identical."""
    name = f"17-{run}-{event}-{day}-{index}-{database}.json.gz"
    user = {"profile": {"identity": "u1", "objectId": "__a"}}
    rows = [
        {
            "ts": day * 1_000_000 + 120_000,
            "eventName": event,
            **user,
            "eventProps": {"Amount": each},
        }
        | row
        for each in amounts
    ]
    return put(folder / name, "\n".join([event, *map(json.dumps, rows), ""]).encode())


def put(path: Path, content: bytes, *, packed: bool = True, at: float | None = None) -> Path:
    """Write a file, whole at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(gzip.compress(content, mtime=0) if packed else content)
    if at is not None:
        os.utime(part, (at, at))
    part.replace(path)
    return path


def ordinals(output: Output) -> list[tuple[Any, int]]:
    """Return amount and ordinal of each event that was written, in their order."""
    found = output.records.get(EVENTS, [])
    return [(each["event_props"]["Amount"], each["occurrence"]) for each in found]
