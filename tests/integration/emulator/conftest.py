"""Fixtures of the emulator's tests: one emulator for those that change nothing they share."""

from __future__ import annotations

import pytest

from tests.support.forked_emulator import ForkedEmulator


@pytest.fixture(scope="session")
def shared_emulator():
    emulator = ForkedEmulator.start(today="2026-08-31", days=5, preparing=0, max_value_length=512)
    yield emulator
    emulator.stop()


@pytest.fixture
def clean(shared_emulator):
    """The shared emulator, as if just started."""
    shared_emulator.reset()
    return shared_emulator
