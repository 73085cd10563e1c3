"""A bucket with 100,000 objects: all pages are followed, and few of them are in memory."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.support.files.stores import started_store
from tests.support.run_output import clean_environment

OBJECTS = 100_000
KEY = "1761651721-1761651721-Charged-20251003-{:06}-0.json.gz"
MOST_GROWTH = 10 << 20
"""Bytes. All of them in a list take some times as much."""
PROGRAM = """
import json, sys
from pathlib import Path
from tap_clevertap.files.stores.opening import open_store

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) << 12

store = open_store(sys.argv[1])
before, most, count, first = resident(), 0, 0, None
for last in store.list():
    if count % 1_000 == 0:
        most = max(most, resident())
    first = first or last
    count += 1
json.dump([count, first.key, last.key, most - before], sys.stdout)
"""


@pytest.fixture(scope="module")
def store():
    with started_store("gcs") as started:
        started.objects.put_many(f"ev/{KEY.format(number)}" for number in range(OBJECTS))
        yield started


def test_a_listing_of_many_objects_is_whole_and_takes_little_memory(store):
    command = [sys.executable, "-c", PROGRAM, store.url("ev")]
    environment = clean_environment(**store.environment)
    ran = subprocess.run(command, env=environment, capture_output=True, check=True, timeout=600)
    count, first, last, growth = json.loads(ran.stdout)
    assert (count, first, last) == (OBJECTS, KEY.format(0), KEY.format(OBJECTS - 1))
    assert growth < MOST_GROWTH
