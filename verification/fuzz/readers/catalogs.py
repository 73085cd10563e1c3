"""Catalogs of the tap, as `--catalog`."""

from __future__ import annotations

import io
import json

from tap_clevertap.cli.options import read_catalog
from tap_clevertap.errors import CleverTapError
from tap_clevertap.tap import TapCleverTap
from verification.fuzz.reader import Reader
from verification.fuzz.tap_run import SETTINGS, run_tap

FOUND = TapCleverTap(config=SETTINGS, parse_env_config=False).catalog_dict
SEEDS = [
    json.dumps(FOUND).encode(),
    json.dumps({"streams": FOUND["streams"][1:]}).encode(),
    json.dumps({"streams": []}).encode(),
]


def read(content: bytes) -> None:
    """Run with a catalog."""
    try:
        file = io.StringIO(content.decode())
        file.name = "catalog.json"
        text = read_catalog(file).read()
    except (CleverTapError, UnicodeDecodeError):
        return
    run_tap(SETTINGS, catalog=json.loads(text))


READER = Reader("catalogs", "document", SEEDS, read)
