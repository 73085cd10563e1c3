"""Fixtures for what is run under faults."""

from __future__ import annotations

import pytest

from tests.support.certificates import Certificates
from tests.support.forked_emulator import ForkedEmulator
from tests.support.launched_target import LaunchedTarget


@pytest.fixture(scope="module")
def tap(tap_launcher):
    return tap_launcher


@pytest.fixture(scope="session")
def upload_emulator():
    emulator = ForkedEmulator.start(days=1, events_per_day=1, users=10)
    yield emulator
    emulator.stop()


@pytest.fixture
def target(upload_emulator, target_launcher, tmp_path):
    upload_emulator.reset()
    return LaunchedTarget(upload_emulator, tmp_path, target_launcher)


@pytest.fixture(scope="session")
def certificates(tmp_path_factory):
    return Certificates(tmp_path_factory.mktemp("certificates"))
