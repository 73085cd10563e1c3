"""Fixtures for all tests: emulators, started on free ports and ended afterwards."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.support.days import wait_for_a_day_with
from tests.support.forked_emulator import forked_emulators
from tests.support.launcher import lent_launcher

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clevertap_emulator.testing import Emulator, Starter
    from tests.support.launcher import Launcher

    Folders = pytest.TempPathFactory

EXAMPLES = int(os.environ.get("CLEVERTAP_EXAMPLES", "0"))
"""Examples of each property: always the same hundred, or this number of new ones."""
SECONDS_OF_A_TEST, SECONDS_OF_A_MODULE = 60, 300
"""That are left of a day: today must not become yesterday in between."""
settings.register_profile(
    "clevertap", max_examples=EXAMPLES or 100, derandomize=not EXAMPLES, deadline=None
)
settings.load_profile("clevertap")


@pytest.fixture(scope="module", autouse=True)
def _day_with_time_for_a_module() -> None:
    """Begin no module just before midnight, as its emulator's today stays what it was."""
    wait_for_a_day_with(SECONDS_OF_A_MODULE)


@pytest.fixture(autouse=True)
def _day_with_time_for_a_test() -> None:
    wait_for_a_day_with(SECONDS_OF_A_TEST)


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
