"""What starts the plugins in tests misses no end of a run, however late it looks."""

from __future__ import annotations

import fcntl
import select
import struct
import termios
import time

import pytest

from tests.support import launcher
from tests.support.launcher import lent_launcher

MORE_THAN_A_LINE = 12
"""Bytes: the line of a start has a process id, and is shorter."""
ready = select.select


def look_late(readers, *others):
    """Wait until the line of the end is there too."""
    while (
        struct.unpack("i", fcntl.ioctl(readers[0], termios.FIONREAD, b"1234"))[0] < MORE_THAN_A_LINE
    ):
        time.sleep(0.01)
    return ready(readers, *others)


@pytest.mark.parametrize("plugin", ["tap-clevertap", "target-clevertap"])
def test_a_run_that_ends_before_its_start_is_read_has_ended(plugin, monkeypatch):
    with lent_launcher(plugin) as lent:
        monkeypatch.setattr(launcher.select, "select", look_late)
        lent.start("--version")
        monkeypatch.undo()
        assert lent.ended(20)[0] == 0
