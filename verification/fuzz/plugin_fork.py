"""The plugins as processes, forked from one that has imported them: ten times as many a second."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from tap_clevertap.tap import TapCleverTap
from target_clevertap.target import TargetCleverTap

if TYPE_CHECKING:
    import resource
    from collections.abc import Sequence
    from pathlib import Path

PLUGINS = {"tap-clevertap": TapCleverTap, "target-clevertap": TargetCleverTap}
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
GLANCE_SECONDS = 0.02


@dataclass(frozen=True)
class Ended:
    """What a process left behind."""

    status: int | None
    """None where it had to be killed."""

    output: bytes
    log: str
    megabytes: float


def run(
    plugin: str, arguments: Sequence[str], folder: Path, *, given: Path | None, seconds: float
) -> Ended:
    """Run a plugin to its end.

    Args:
        plugin: Its command.
        arguments: The command's own.
        folder: In which it works; what it writes is put there, too.
        given: The file on its standard input; nothing without one.
        seconds: After which it is killed.
    """
    pid = os.fork()
    if not pid:
        _be(plugin, arguments, folder, given)
    status, used = _waited(pid, seconds)
    return Ended(
        status,
        (folder / "stdout").read_bytes(),
        (folder / "stderr").read_text(errors="replace"),
        used.ru_maxrss / 1024,
    )


def _waited(pid: int, seconds: float) -> tuple[int | None, resource.struct_rusage]:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found, status, used = os.wait4(pid, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status), used
        time.sleep(GLANCE_SECONDS)
    os.killpg(pid, signal.SIGKILL)
    return None, os.wait4(pid, 0)[2]


def _be(plugin: str, arguments: Sequence[str], folder: Path, given: Path | None) -> NoReturn:
    """Become the plugin; what Python does around a program is done here."""
    os.setsid()
    os.chdir(folder)
    _put_streams(folder, given)
    socket.getaddrinfo = _only_loopback  # type: ignore[assignment]  # settings may name any host
    sys.argv = [plugin, *arguments]
    status = 1
    try:
        PLUGINS[plugin].cli()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 - printed as the interpreter would
        traceback.print_exc()
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join()
    sys.stdout.flush()
    os._exit(status)


def _put_streams(folder: Path, given: Path | None) -> None:
    writing = os.O_WRONLY | os.O_CREAT
    os.dup2(os.open(given or os.devnull, os.O_RDONLY), 0)
    os.dup2(os.open(folder / "stdout", writing), 1)
    os.dup2(os.open(folder / "stderr", writing | os.O_APPEND), 2)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 - a descriptor, for good
    sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115 - same
    sys.stderr = open(2, "w", errors="backslashreplace", buffering=1, closefd=False)  # noqa: SIM115 - same


_getaddrinfo = socket.getaddrinfo


def _only_loopback(host: Any, *arguments: Any, **options: Any) -> Any:
    if host not in LOOPBACK:
        raise socket.gaierror(socket.EAI_NONAME, "only this machine is spoken to")
    return _getaddrinfo(host, *arguments, **options)
