"""`compare.py` of `examples/region-move` runs alone, and so has names of its own."""

from __future__ import annotations

import runpy
from pathlib import Path

from target_clevertap.records.limits import RESERVED_EVENTS

COMPARE = Path(__file__).parents[3] / "examples" / "region-move" / "compare.py"


def test_the_names_that_are_not_transferable_are_those_of_the_target():
    assert runpy.run_path(str(COMPARE))["NOT_TRANSFERABLE"] == RESERVED_EVENTS
