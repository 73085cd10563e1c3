"""Emulators that cost no start of an interpreter: each is a fork of a process that has loaded it.

They are what `Emulator.start` starts, with the same flags: a process, its pipe, its exit status.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from typing_extensions import Self, override

from clevertap_emulator.settings import Settings
from clevertap_emulator.testing import Emulator, _flags, _url_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clevertap_emulator.testing import Starter

PROGRAM = Path(__file__).with_name("forking_emulators.py")
COMMAND = "clevertap-emulator"
STANDARD_ERROR = 2
MOST_BYTES = 1000


class Forks:
    """The process that has loaded the emulator, and forks one for each request."""

    def __init__(self) -> None:
        self._socket, other = socket.socketpair()
        self._process = subprocess.Popen(
            [sys.executable, str(PROGRAM), str(other.fileno())], pass_fds=[other.fileno()]
        )
        other.close()
        atexit.register(self.stop)

    def start(self, arguments: list[str], stdout: int) -> int:
        """Return the process id of an emulator that writes to this file descriptor."""
        return self._ask({"start": [COMMAND, *arguments]}, stdout, STANDARD_ERROR)

    def status(self, pid: int) -> int:
        """Return the exit status of an emulator that ends, as `subprocess` has it."""
        return self._ask({"wait": pid})

    def stop(self) -> None:
        """End it, and with it all emulators that still run."""
        self._socket.close()
        self._process.wait()

    def _ask(self, request: dict[str, Any], *descriptors: int) -> int:
        socket.send_fds(self._socket, [json.dumps(request).encode() + b"\n"], list(descriptors))
        return int(self._socket.recv(MOST_BYTES))


@cache
def forks() -> Forks:
    """Return the one of this process, started when it is first needed."""
    return Forks()


class ForkedProcess:
    """As much of `subprocess.Popen` as an `Emulator` needs."""

    def __init__(self, arguments: list[str]) -> None:
        readable, writable = os.pipe()
        self.stdout = os.fdopen(readable)
        self._to_its_end = os.dup(readable)  # whoever reads may close the other
        self.pid = forks().start(arguments, writable)
        os.close(writable)  # the emulator has the only one that is left
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return the exit status, if it has ended."""
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit status when it has ended: nobody can write into its pipe any more."""
        if self.returncode is None:
            self._read_to_the_end(timeout)
            self.returncode = forks().status(self.pid)
            os.close(self._to_its_end)
        return self.returncode

    def terminate(self) -> None:
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        if self.returncode is None:  # until then nobody else can have its process id
            os.kill(self.pid, number)

    def _read_to_the_end(self, seconds: float | None) -> None:
        until = None if seconds is None else time.monotonic() + seconds
        while True:
            left = None if until is None else max(until - time.monotonic(), 0)
            if not select.select([self._to_its_end], [], [], left)[0]:
                raise subprocess.TimeoutExpired(COMMAND, seconds or 0)
            if not os.read(self._to_its_end, MOST_BYTES):
                return


class ForkedEmulator(Emulator):
    """An emulator by a fork; all else is as its users have it."""

    @classmethod
    @override
    def start(cls, **options: Any) -> Self:
        process = ForkedProcess(_flags({"port": 0} | options))
        return cls(
            process,
            _url_of(process),
            account_id=str(options.get("account_id", Settings.account_id)),
            passcode=str(options.get("passcode", Settings.passcode)),
        )


@contextmanager
def forked_emulators() -> Iterator[Starter]:
    """Yield a function that starts emulators; stop them all when the context ends."""
    with ExitStack() as started:
        yield lambda **options: started.enter_context(ForkedEmulator.start(**options))
