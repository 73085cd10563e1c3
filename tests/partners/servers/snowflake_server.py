"""fakesnow's server in a process of its own: Snowflake's driver talks to it over HTTP."""

from __future__ import annotations

import signal
import subprocess
import time
from dataclasses import dataclass
from typing import Any

import requests
import snowflake.connector

from tests.support.plugin_process import BIN
from tests.support.ports import free_port

READY_SECONDS = 60


@dataclass
class SnowflakeServer:
    """One running server with an empty database `ANALYTICS`."""

    process: subprocess.Popen[bytes]
    port: int

    @classmethod
    def start(cls) -> SnowflakeServer:
        port = free_port()
        command = [str(BIN / "fakesnow"), "--server", "--port", str(port)]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        server = cls(process, port)
        server._wait()
        server.query("create schema CLEVERTAP")
        return server

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """Run a statement through Snowflake's own driver."""
        connection = snowflake.connector.connect(
            user="u",
            password="p",  # noqa: S106 - fakesnow asks for one and takes any
            account="fakesnow",
            host="127.0.0.1",
            port=self.port,
            protocol="http",
            database="ANALYTICS",
            network_timeout=READY_SECONDS,
        )
        with connection, connection.cursor() as cursor:
            return cursor.execute(statement).fetchall()

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _wait(self) -> None:
        until = time.monotonic() + READY_SECONDS
        while time.monotonic() < until and self.process.poll() is None:
            try:
                requests.get(self.url, timeout=5)
            except requests.ConnectionError:  # noqa: PERF203 - it waits
                time.sleep(0.1)
            else:
                return
        self.stop()
        message = f"fakesnow did not start: exit {self.process.returncode}"
        raise RuntimeError(message)
