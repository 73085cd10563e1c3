"""A program that runs plugins again and again, each run a process, with a clock that runs faster.

It loads the plugin once, and forks for each line of JSON that it reads: a Start. It answers with
the process id, and with the exit status when the process has ended. What waits for a minute in
such a process waits for a minute of its own clock; at speed 20 that is 3 seconds.
"""

from __future__ import annotations

import datetime as dt
import gc
import json
import os
import resource
import socket
import sys
import threading
import time
from importlib import import_module
from importlib.metadata import entry_points, version
from pathlib import Path
from pkgutil import walk_packages

from forked_end import run_to_the_end  # in the folder of this program

_real_monotonic, _real_time, _real_sleep = time.monotonic, time.time, time.sleep
_real_wait = threading.Condition.wait
_real_set_timeout, _real_get_timeout = socket.socket.settimeout, socket.socket.gettimeout


class Clock:
    """The clocks of a process: how fast they run, and how far the system's is off."""

    speed = 1.0
    monotonic_start = time_start = 0.0
    jumps: Path | None = None

    @classmethod
    def start(cls, speed: float, jumps: str | None) -> None:
        cls.speed, cls.jumps = speed, Path(jumps) if jumps else None
        cls.monotonic_start, cls.time_start = _real_monotonic(), _real_time()

    @classmethod
    def monotonic(cls) -> float:
        return cls.monotonic_start + (_real_monotonic() - cls.monotonic_start) * cls.speed

    @classmethod
    def time(cls) -> float:
        """Return the system's time, off by the seconds that the file of jumps holds."""
        passed = (_real_time() - cls.time_start) * cls.speed
        return cls.time_start + passed + (float(cls.jumps.read_text()) if cls.jumps else 0.0)

    @classmethod
    def scaled(cls, seconds: float | None) -> float | None:
        return None if seconds is None else seconds / cls.speed


class Datetime(dt.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(Clock.time(), tz)


def take_over_the_clocks() -> None:
    """Replace all functions of time, before anything keeps one of them."""
    time.monotonic, time.time = Clock.monotonic, Clock.time
    time.sleep = lambda seconds: _real_sleep(seconds / Clock.speed)
    dt.datetime = Datetime
    threading.Condition.wait = lambda self, timeout=None: _real_wait(self, Clock.scaled(timeout))
    socket.socket.settimeout = lambda self, seconds: _real_set_timeout(self, Clock.scaled(seconds))
    socket.socket.gettimeout = _unscaled_timeout


def _unscaled_timeout(self: socket.socket) -> float | None:
    seconds = _real_get_timeout(self)
    return seconds if seconds is None else seconds * Clock.speed


def become(start: dict[str, object]) -> None:
    """Turn this process into the run that was asked for."""
    for number, path in enumerate((start["stdin"], start["stdout"], start["stderr"])):
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC if number else os.O_RDONLY
        os.dup2(os.open(str(path), flags, 0o600), number)
    os.chdir(start["folder"])
    os.environ.clear()
    os.environ.update(start["environment"])
    time.tzset()
    for name, most in start["limits"].items():
        limit = getattr(resource, f"RLIMIT_{name}")
        resource.setrlimit(limit, (most, resource.getrlimit(limit)[1]))
    sys.argv = start["arguments"]
    Clock.start(start["speed"], start["jumps"])


NEEDS_AN_EXTRA = {"clouds", "parquet", "spark"}
"""Names of packages that are not loaded before they are needed."""


def import_all(package: str) -> None:
    """Import a plugin's modules, which its start leaves until they are needed.

    Some import extras, which may not be installed, and only some runs need them. One of them,
    pyarrow, waits for ever when the clocks of its process are others.
    """
    for module in walk_packages(import_module(package).__path__, f"{package}."):
        if NEEDS_AN_EXTRA.isdisjoint(module.name.split(".")):
            import_module(module.name)


def load_once(plugin: str) -> None:
    """Load what each run would: the list of installed packages, and the way to read times."""
    version(plugin)
    import_module("_strptime")


def main() -> None:
    """Fork for each line; the forked process returns what it is to run."""
    take_over_the_clocks()
    (script,) = entry_points(group="console_scripts", name=sys.argv[1])
    program = script.load()
    import_all(script.module.partition(".")[0])
    load_once(sys.argv[1])
    gc.collect()
    gc.freeze()  # else the first collection of each process would copy all of it
    for line in sys.stdin:
        child = os.fork()
        if not child:
            become(json.loads(line))
            run_to_the_end(program)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
        _, status, used = os.wait4(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)} {used.ru_maxrss}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
