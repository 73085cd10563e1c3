"""Fixtures of the emulator's tests: one emulator for those that change nothing they share."""

from __future__ import annotations

import pytest

from clevertap_emulator.testing import Emulator


@pytest.fixture(scope="session")
def shared_emulator():
    emulator = Emulator.start(today="2026-08-31", days=5, preparing=0, max_value_length=512)
    yield emulator
    emulator.stop()


@pytest.fixture
def clean(shared_emulator):
    """The shared emulator, as if just started."""
    shared_emulator.reset()
    return shared_emulator
