"""`compare.py` of `examples/region-move` runs alone, and so has names of its own."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from target_clevertap.records.limits import RESERVED_EVENTS

COMPARE = Path(__file__).parents[3] / "examples" / "region-move" / "compare.py"


def test_the_names_that_are_not_transferable_are_those_of_the_target():
    assert runpy.run_path(str(COMPARE))["NOT_TRANSFERABLE"] == RESERVED_EVENTS


@pytest.mark.parametrize(
    ("old", "new", "is_equal"),
    [
        ("1", "1.0", True),
        ("1e3", "1000", True),
        ("0.1", "0.10", True),
        ("9007199254740993", "9007199254740992", False),
        ("9007199254740993", "9007199254740993.0", True),
        ("1.5", "1", False),
        ("1", '"1"', False),
        ("1e999999", "1e999999", True),
    ],
)
def test_numbers_are_compared_by_all_their_digits(tmp_path, old, new, is_equal):
    found = []
    for place, value in enumerate((old, new)):
        path = tmp_path / f"{place}.singer"
        row = '{"event_key": "k", "event_name": "A", "event_time": "2026-01-01T00:00:00+00:00", '
        props = f'"identity": "a", "object_id": null, "event_props": {{"N": {value}}}}}'
        path.write_text(f'{{"type": "RECORD", "record": {row}{props}}}\n')
        found.append(runpy.run_path(str(COMPARE))["Rows"](str(path), "2026-02-01").sums)
    assert (found[0] == found[1]) is is_equal
