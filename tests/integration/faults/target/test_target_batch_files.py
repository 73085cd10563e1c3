"""A batch file of any size costs bounded memory."""

from __future__ import annotations

import gzip

import pytest

from tests.support.record_paths import batch
from tests.support.target_process import ORDER_COLUMNS, lines, order, schema, state

MEGABYTES = 200
MOST_KILOBYTES = 190_000
"""Twice the program's own; less than the file has."""


@pytest.mark.parametrize("compression", ["gzip", "none"])
def test_a_large_batch_file_is_read_piece_by_piece(target, compression):
    path = target.folder / "large"
    row = order(1, _sdc_deleted_at="2026-01-01", note="x" * 900)["record"]
    block = lines([row]) * 1000
    with gzip.open(path, "wb", 1) if compression == "gzip" else path.open("wb") as file:
        for _ in range(MEGABYTES * 1_000_000 // len(block)):
            file.write(block)
    columns = {**ORDER_COLUMNS, "note": {}, "_sdc_deleted_at": {}}
    messages = [schema("orders", columns), batch("orders", path, compression=compression)]
    run = target.run([*messages, state("end")])
    assert (run.status, run.states) == (0, ["end"]), run.log
    assert "(not sent)" in run.log
    assert target.largest_kilobytes < MOST_KILOBYTES
