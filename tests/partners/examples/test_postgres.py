"""`examples/postgres`: its README, from the set-up to the correction of a reject.

The loads at large are in `taps/test_postgres_in.py` and `targets/test_postgres_out.py`.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.pages import section

if TYPE_CHECKING:
    from tests.support.page_reader import Reader

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def emulator(start_emulator_for_module):
    return start_emulator_for_module(days=3, users=50, events_per_day=200)


@pytest.fixture(scope="module")
def reader(reading, postgres, emulator) -> Reader:
    urls = dict.fromkeys(("TAP_CLEVERTAP_API_URL", "TARGET_CLEVERTAP_API_URL"), emulator.url)
    reader = reading(ROOT / "examples" / "postgres", emulator, PGPORT=postgres.port, **urls)
    reader.run("examples/postgres/README.md", "Set up")
    return reader


def test_out_each_event_is_there_once(reader, emulator, postgres):
    reader.run("examples/postgres/README.md", "Out")
    counts = postgres.query("select count(*), count(distinct event_key) from clevertap.events")
    total = len(emulator.truth()["events"])
    assert counts == [(total, total)]


@pytest.fixture(scope="module")
def refused(reader, emulator):
    reader.run("examples/postgres/README.md", "In", expected=1)
    assert emulator.uploads()["counts"]["events"] == 0
    return reader.run("examples/postgres/README.md", "In", "shell", 2).output


def stored(emulator, kind):
    return {each["record"]["identity"]: each["record"] for each in emulator.uploads()[kind]}


def test_in_all_but_the_reject_arrive(refused, emulator):
    assert "515" in refused
    assert stored(emulator, "profiles").keys() == {"customer-1"}
    assert stored(emulator, "events")["customer-1"]["evtData"] == {
        "Amount": 840.0,
        "Currency": "INR",
        "Charged ID": 1,
        "Items": [{"Product": "Assam", "Quantity": 2, "Price": 420}],
    }


def test_in_a_corrected_row_arrives_and_no_order_is_charged_again(refused, reader, emulator):
    log = reader.run("examples/postgres/README.md", "In", "shell", 3).log
    counts = re.search(r"delivered \d+, already delivered \d+", log)
    assert counts is not None
    shown = section("examples/postgres/README.md", "In")
    assert all(f"`{each}`" in shown for each in counts[0].split(", "))
    uploads = emulator.uploads()
    assert stored(emulator, "profiles")["customer-2"]["profileData"]["Email"] == "li@example.org"
    assert uploads["counts"]["events"] == 2
    reader.run("examples/postgres/README.md", "Is it right?")
