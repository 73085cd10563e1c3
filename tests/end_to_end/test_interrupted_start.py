"""An interrupt that comes while a plugin is still being imported."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

PROGRAM = """
import os, signal, sys
from {plugin}_clevertap.__main__ import main

class Interrupting:
    def find_spec(self, name, *_):
        if name == "singer_sdk":
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupting())
main()
"""


@pytest.mark.parametrize("plugin", ["tap", "target"])
def test_an_interrupt_during_the_imports_leaves_no_trace(plugin):
    command = [sys.executable, "-c", PROGRAM.format(plugin=plugin)]
    ended = subprocess.run(command, capture_output=True, check=False, text=True, timeout=60)
    assert ended.returncode == -signal.SIGINT
    assert not ended.stdout
    assert not ended.stderr
