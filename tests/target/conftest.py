"""A target with an emulator and files of its own."""

from __future__ import annotations

import pytest
from target.target_process import TargetProcess


@pytest.fixture
def target(emulator, tmp_path):
    return TargetProcess(emulator, tmp_path)
