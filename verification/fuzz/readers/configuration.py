"""Settings and rules of both plugins, as `--config`."""

from __future__ import annotations

import json
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import click
from singer_sdk.exceptions import ConfigValidationError

from tap_clevertap.tap import TapCleverTap
from target_clevertap.target import TargetCleverTap
from tests.support.target_process import lines, order, record
from tests.support.two_ways import SCHEMAS, SETTINGS, outcome
from verification.fuzz.reader import Reader
from verification.fuzz.tap_run import EVENTS, run_tap
from verification.fuzz.tap_run import SETTINGS as TAP

INPUT = lines([*SCHEMAS[:3], order(1), record("users", email="a@b.c", plan="x", points=7)])
BATCHES = {
    "encoding": {"format": "jsonl", "compression": "gzip"},
    "storage": {"root": "file:///nowhere/batches", "prefix": "x"},
    "batch_size": 1000,
}
SEEDS = [
    json.dumps(settings, separators=(",", ":")).encode()
    for settings in (
        {**TAP, "events": EVENTS[:2], "excluded_events": ["Search"], "profile_events": ["*"]},
        {**TAP, "region": "in1", "end_date": "2026-09-01T00:00:00Z", "lookback_days": 3},
        {**TAP, "page_size": 100, "max_in_flight": 2, "not_ready_patience": 5.5}
        | {"request_timeout": 2, "duplicates": "merge", "stream_maps": {"events": {"ts": "ts"}}},
        {**TAP, "batch_config": BATCHES},
        {**TAP, "stream_maps": {"events": {"email": None, "__filter__": "ts > 5"}}}
        | {"stream_map_config": {"hash_seed": "x"}},
        {**SETTINGS, "api_url": "http://localhost:8025", "region": "in1"},
        {**SETTINGS, "max_in_flight": 3, "batch_size_rows": 10, "request_timeout": 5.5}
        | {"flush_seconds": 0, "max_rejects": -1, "uncertain": "skip"},
        {**SETTINGS, "rejects_path": "r.jsonl", "ledger_path": ""},
        {
            **SETTINGS,
            "stream_maps": {"orders": {"total": "total * 2", "__key_properties__": ["id"]}},
        },
        {**SETTINGS, "flattening_enabled": True, "flattening_max_depth": 2},
    )
]


def read(content: bytes) -> None:
    """Read the file as its plugin does, and run that as far as it gets without a network."""
    is_of_tap = b'"timezone"' in content
    plugin, run = (TapCleverTap, _run_tap) if is_of_tap else (TargetCleverTap, _run_target)
    with tempfile.NamedTemporaryFile() as file:
        Path(file.name).write_bytes(content)
        with suppress(click.ClickException, ConfigValidationError):
            run(plugin.cb_config(None, None, (file.name,)).config)


def _run_tap(settings: dict[str, Any]) -> None:
    run_tap({**settings, "stream_maps": settings.get("stream_maps") or TAP["stream_maps"]})


def _run_target(settings: dict[str, Any]) -> None:
    outcome(INPUT, more=settings)


READER = Reader("configuration", "document", SEEDS, read)
