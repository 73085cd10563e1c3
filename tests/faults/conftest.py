"""Fixtures for what is run under faults."""

from __future__ import annotations

import pytest

from faults.launcher import Launcher


@pytest.fixture(scope="module")
def tap(tmp_path_factory):
    launcher = Launcher("tap-clevertap", tmp_path_factory.mktemp("tap"))
    yield launcher
    launcher.stop()
