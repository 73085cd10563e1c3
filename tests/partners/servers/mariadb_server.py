"""A MariaDB server of the tests' own, from Debian's package or another installation."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.support.ports import free_port

READY_SECONDS, END_SECONDS = 60, 30
PATH = f"{os.environ['PATH']}:/usr/sbin"
NEEDED = ("mariadbd", "mariadb-install-db", "mariadb")
MISSING = "MariaDB is not installed: apt-get install mariadb-server"


def is_installed() -> bool:
    """Return whether all programs are there."""
    return all(shutil.which(name, path=PATH) for name in NEEDED)


@dataclass
class MariaDBServer:
    """One running server with a user `tap`, who may do everything."""

    process: subprocess.Popen[bytes]
    folder: Path
    port: int

    @classmethod
    def start(cls) -> MariaDBServer:
        folder = Path(tempfile.mkdtemp(prefix="mariadb-"))
        port = free_port()
        if os.geteuid() == 0:
            known = {each.pw_name for each in pwd.getpwall()}
            owner = next(name for name in ("mysql", "nobody") if name in known)
            shutil.chown(folder, owner)
            as_owner = [f"--user={owner}"]
        else:
            as_owner = []
        data = f"--datadir={folder / 'data'}"
        made = ["--auth-root-authentication-method=normal", "--skip-test-db"]
        _run("mariadb-install-db", "--no-defaults", *as_owner, data, *made)
        process = subprocess.Popen(
            [
                _program("mariadbd"),
                "--no-defaults",
                *as_owner,
                data,
                f"--port={port}",
                "--bind-address=127.0.0.1",
                f"--socket={folder / 'socket'}",
                f"--pid-file={folder / 'pid'}",
                f"--log-error={folder / 'log'}",
                "--character-set-server=utf8mb4",
                "--innodb-flush-log-at-trx-commit=0",
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        server = cls(process, folder, port)
        server._wait()
        server.run("create user tap@'%' identified by 'tap'; grant all on *.* to tap@'%'")
        return server

    def run(self, statements: str) -> None:
        """Run statements."""
        socket_option = f"--socket={self.folder / 'socket'}"
        options = ["--no-defaults", socket_option, "--user=root", "--default-character-set=utf8mb4"]
        _run("mariadb", *options, text=statements)

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder)

    def _wait(self) -> None:
        until = time.monotonic() + READY_SECONDS
        while time.monotonic() < until and self.process.poll() is None:
            if (self.folder / "socket").exists():
                return
            time.sleep(0.1)
        log = self.folder / "log"
        log_text = log.read_text()[-2000:] if log.exists() else ""
        self.stop()
        message = f"MariaDB did not start: exit {self.process.returncode}, {log_text}"
        raise RuntimeError(message)


def _program(name: str) -> str:
    found = shutil.which(name, path=PATH)
    assert found is not None, MISSING
    return found


def _run(name: str, *arguments: str, text: str = "") -> None:
    finished = subprocess.run(
        [_program(name), *arguments],
        input=text.encode(),
        capture_output=True,
        check=False,
        timeout=READY_SECONDS,
    )
    assert finished.returncode == 0, finished.stdout.decode() + finished.stderr.decode()
