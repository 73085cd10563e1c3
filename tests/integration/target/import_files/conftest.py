"""An emulator that takes files out of a folder, and a target that writes them there."""

from __future__ import annotations

import pytest

from tests.support.both_methods import files_settings
from tests.support.forked_emulator import ForkedEmulator
from tests.support.target_process import TargetProcess


@pytest.fixture(scope="module")
def dropping(tmp_path_factory):
    folder = tmp_path_factory.mktemp("drops")
    emulator = ForkedEmulator.start(days=1, events_per_day=1, users=10, drops=folder)
    emulator.folder = folder
    yield emulator
    emulator.stop()


@pytest.fixture
def drops(dropping):
    dropping.reset()
    (dropping.folder / ".clevertap-spool.sqlite").unlink(missing_ok=True)
    return dropping


@pytest.fixture
def target(drops, tmp_path):
    return TargetProcess(drops, tmp_path)


@pytest.fixture
def settings(tmp_path):
    """The settings of a run into a folder that nobody looks at."""
    return files_settings(tmp_path / "files")
