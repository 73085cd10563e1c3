"""Export files of each format: what a library reads from them is the truth."""

from __future__ import annotations

from collections import Counter
from functools import partial

import pytest

from clevertap_emulator.testing import export_files
from tests.support.files.exported import (
    counted,
    csv_events,
    json_events,
    message_events,
    parquet_events,
    unpacked,
    xml_events,
)

ZONE = "America/Sao_Paulo"
HISTORY = {"today": "2026-08-31", "days": 3, "users": 40, "events_per_day": 200}
WORLD = {**HISTORY, "odd_values": True, "timezone": ZONE, "what": "events"}
READERS = {
    "json": json_events,
    "csv": csv_events,
    "xml": xml_events,
    "eventbridge": message_events,
    "parquet": partial(parquet_events, zone=ZONE),
}


def dimensions_apart(row):
    """Return a row of the truth as Parquet has it: without the block of dimensions."""
    device = {name: value for name, value in row["device"].items() if name != "dimensions"}
    return {**row, "device": {**device, **row["device"].get("dimensions", {})}}


@pytest.mark.parametrize(
    ("form", "settings"),
    [
        ("json", {}),
        ("csv", {}),
        ("xml", {}),
        ("eventbridge", {}),
        ("eventbridge", {"joined": True}),
        ("parquet", {}),
        ("parquet", {"parquet_layout": "list"}),
        ("parquet", {"parquet_layout": "other", "parquet_pages": "gzip"}),
    ],
)
@pytest.mark.parametrize("shuffled", [False, True])
def test_rows_are_those_of_the_truth(tmp_path, form, settings, shuffled):
    exported = export_files(
        tmp_path, **WORLD, format=form, rows_per_file=40, shuffle_columns=shuffled, **settings
    )
    assert exported.events
    found = Counter()
    for key in exported.files:
        found += counted(READERS[form](unpacked(tmp_path / key)))
    truth = exported.events
    if form == "parquet":
        truth = [dimensions_apart(row) for row in truth]
    assert found == counted(truth)
    assert len(truth) == exported.rows
