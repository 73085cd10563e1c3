"""Fixtures for all tests: emulators, started on free ports and ended afterwards."""

from __future__ import annotations

import os
import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import settings

from tests.support.forked_emulator import forked_emulators
from tests.support.launcher import lent_launcher

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clevertap_emulator.testing import Emulator, Starter
    from tests.support.launcher import Launcher

    Folders = pytest.TempPathFactory

EXAMPLES = int(os.environ.get("CLEVERTAP_EXAMPLES", "0"))
"""Examples of each property: always the same hundred, or this number of new ones."""
SECONDS_LEFT = 60
"""Of a day, for each test that meets today."""
settings.register_profile(
    "clevertap", max_examples=EXAMPLES or 100, derandomize=not EXAMPLES, deadline=None
)
settings.load_profile("clevertap")


@pytest.fixture(autouse=True)
def _day_with_time_left() -> None:
    """Begin no test just before midnight, where its project's today would become yesterday."""
    for zone in map(ZoneInfo, ("UTC", "Asia/Kolkata")):
        now = datetime.now(zone)
        midnight = (now + timedelta(1)).replace(hour=0, minute=0, second=0, microsecond=0)
        left = (midnight - now).total_seconds()
        if left < SECONDS_LEFT:
            time.sleep(left)


@pytest.fixture
def start_emulator() -> Iterator[Starter]:
    """Start emulators that end with the test."""
    with forked_emulators() as start:
        yield start


@pytest.fixture(scope="module")
def start_emulator_for_module() -> Iterator[Starter]:
    """Start emulators that end with the module, for tests that change nothing in them."""
    with forked_emulators() as start:
        yield start


@pytest.fixture
def emulator(start_emulator: Starter) -> Emulator:
    """One emulator with its defaults."""
    return start_emulator()


@pytest.fixture(scope="module")
def tap_launcher(tmp_path_factory: Folders) -> Iterator[Launcher]:
    """Run the tap again and again, with clocks that may run faster."""
    yield from launcher("tap-clevertap", tmp_path_factory)


@pytest.fixture(scope="module")
def target_launcher(tmp_path_factory: Folders) -> Iterator[Launcher]:
    """Run the target so."""
    yield from launcher("target-clevertap", tmp_path_factory)


def launcher(plugin: str, folders: Folders) -> Iterator[Launcher]:
    """Yield what runs a plugin, in a folder of the module's own."""
    with lent_launcher(plugin) as lent:
        lent.folder = folders.mktemp(plugin)
        yield lent
