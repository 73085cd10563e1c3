"""A target with files of its own, and an emulator that all tests of a worker take in turns."""

from __future__ import annotations

import pytest

from tests.support.forked_emulator import ForkedEmulator
from tests.support.target_process import TargetProcess


@pytest.fixture(scope="session")
def running_emulator():
    emulator = ForkedEmulator.start(days=1, events_per_day=1, users=10)
    yield emulator
    emulator.stop()


@pytest.fixture
def emulator(running_emulator):
    running_emulator.reset()
    return running_emulator


@pytest.fixture
def target(emulator, tmp_path):
    return TargetProcess(emulator, tmp_path)
