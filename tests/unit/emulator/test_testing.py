"""What the process wrapper does before there is a process."""

from __future__ import annotations

from datetime import date

import pytest

from clevertap_emulator.testing import _flags


@pytest.mark.parametrize(
    ("options", "flags"),
    [
        ({"events_per_day": 10}, ["--events-per-day", "10"]),
        (
            {"getschema": False, "hollow_pages": True},
            ["--getschema", "off", "--hollow-pages", "on"],
        ),
        ({"discarded": ("A", "B")}, ["--discarded", "A", "--discarded", "B"]),
        ({"discarded": []}, []),
        ({"today": date(2026, 8, 31)}, ["--today", "2026-08-31"]),
        ({"latency_ms": 0.5}, ["--latency-ms", "0.5"]),
    ],
    ids=["number", "switch", "several", "none", "day", "fraction"],
)
def test_options_become_flags(options, flags):
    assert _flags(options) == flags
