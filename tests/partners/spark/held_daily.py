"""The example as a program whose tasks wait after their first rows; it is for being killed then.

The first argument is the folder of `held_back`.
"""

from __future__ import annotations

import functools
import importlib.util
import sys
from pathlib import Path

from pyspark.sql import SparkSession

from tests.partners.spark.holding import held_back

DAILY = Path(__file__).parents[3] / "examples" / "spark" / "daily.py"


def load():
    """Return the example as a module."""
    spec = importlib.util.spec_from_file_location("daily", DAILY)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def held(exported_events, marks):
    """Return the function so that its rows wait."""

    def hold(*given, **named):
        frame = exported_events(*given, **named)
        return frame.mapInArrow(functools.partial(held_back, folder=marks), frame.schema)

    return hold


if __name__ == "__main__":
    daily = load()
    daily.exported_events = held(daily.exported_events, Path(sys.argv[1]))
    daily.main(sys.argv[2:], SparkSession.builder.getOrCreate())
