"""A program that loads the emulator once, and forks for each line of JSON that it reads.

The argument is the descriptor of its socket. A line with `start` has the command line, and comes
with the descriptors of standard output and standard error; the answer is the process id. A line
with `wait` has a process id; the answer is the exit status. When nobody can ask any more, it ends
with all emulators.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import socket
import sys
from contextlib import suppress
from importlib import import_module
from importlib.metadata import version
from pkgutil import walk_packages

from forked_end import run_to_the_end  # in the folder of this program

import clevertap_emulator
from clevertap_emulator.cli import main

LOADED_LATE = ["uvicorn.lifespan.on", "uvicorn.loops.asyncio", "uvicorn.protocols.http.auto"]
"""Modules that a server imports only when it starts."""
MOST_BYTES = 100_000


def load() -> None:
    """Load what each emulator would."""
    for module in walk_packages(clevertap_emulator.__path__, "clevertap_emulator."):
        if not module.name.endswith(("__main__", "testing", "pytest_plugin")):
            import_module(module.name)
    for name in LOADED_LATE:
        import_module(name)
    version("clevertap-emulator")
    gc.collect()
    gc.freeze()  # else the first collection of each process would copy all of it


def serve(asked: socket.socket) -> None:
    """Answer until the other end is closed; return in an emulator's process, ready to run."""
    running: set[int] = set()
    while True:
        received, descriptors, *_ = socket.recv_fds(asked, MOST_BYTES, 2)
        if not received:
            end(running)
        request = json.loads(received)
        if "wait" in request:
            running.discard(request["wait"])
            _, status = os.waitpid(request["wait"], 0)
            answer = os.waitstatus_to_exitcode(status)
        else:
            answer = os.fork()
            if not answer:
                asked.close()
                become(request["start"], descriptors)
                return
            running.add(answer)
            for each in descriptors:
                os.close(each)
        asked.sendall(f"{answer}\n".encode())


def become(arguments: list[str], descriptors: list[int]) -> None:
    """Turn this process into the emulator that was asked for."""
    sys.argv = arguments
    for number, each in enumerate(descriptors, start=1):
        os.dup2(each, number)
        os.close(each)


def end(running: set[int]) -> None:
    """Kill emulators that nobody ended, and end."""
    for pid in running:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    sys.exit()


if __name__ == "__main__":
    load()
    serve(socket.socket(fileno=int(sys.argv[1])))
    run_to_the_end(main)
