"""One emulator for all tests of a module that change nothing in it."""

from __future__ import annotations

from contextlib import ExitStack

import pytest
from emulator_process import Emulator


@pytest.fixture(scope="module")
def start_emulator_for_module():
    with ExitStack() as running:

        def start(**options):
            emulator = Emulator.start(**options)
            running.callback(emulator.stop)
            return emulator

        yield start
