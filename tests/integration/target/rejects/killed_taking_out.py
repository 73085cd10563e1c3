"""A program that takes rejects out of a file, and is killed right before one of its steps."""

from __future__ import annotations

import os
import pathlib
import signal
import sys
from itertools import count
from pathlib import Path

from target_clevertap.rejects import taking_out


def main(path, step):
    """Take all but uncertain ones out; the steps are what changes folders and disks."""
    numbers = count(1)

    def killing(really):
        def counted(*given, **more):
            if next(numbers) == step:
                os.kill(os.getpid(), signal.SIGKILL)
            return really(*given, **more)

        return counted

    for owner, name in (
        *((os, each) for each in ("fsync", "ftruncate")),
        *((pathlib.Path, each) for each in ("rename", "replace", "unlink")),
        (taking_out.tempfile, "mkstemp"),
    ):
        setattr(owner, name, killing(getattr(owner, name)))
    taking_out.take_out(Path(path), lambda line: line.code != "uncertain")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
