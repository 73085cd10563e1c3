"""Runs of Meltano that are ended in the middle."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.page_reader import Reader

STORED_AND_NOT = [
    {"match": {"kind": "upload", "number": 1}, "action": {"delay": 60}},  # is stored
    {"match": {"kind": "upload"}, "action": {"delay_effect": 60}},  # is not
]
"""Faults: the first upload arrives, and no other one does; none is answered."""


@contextmanager
def started(reader: Reader, command: str, ending: int) -> Iterator[None]:
    """Start a run, and end all of its processes by a signal when the block ends."""
    pid = int(reader.type(f"setsid {command} > run.log 2>&1 & echo $!").output)
    try:
        yield
    finally:
        os.killpg(pid, ending)
        reader.type(f"wait {pid}", expected=None)


def wait_for(is_so: Any) -> None:
    for _ in range(1200):
        if is_so():
            return
        time.sleep(0.1)
    message = "the run sent nothing"
    raise AssertionError(message)


def wait_for_uploads(emulator: Any) -> None:
    """Wait until uploads of both kinds are in flight."""
    wait_for(lambda: min(emulator.fired()) > 0 and emulator.fired()[1] > 2)
