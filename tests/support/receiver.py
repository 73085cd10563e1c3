"""The receiver as its users run it: a process that is sent real requests."""

from __future__ import annotations

import http.client
import json
import select
import signal
import socket
import subprocess
from contextlib import closing
from typing import TYPE_CHECKING, Any, NamedTuple

from tap_clevertap.inbox.store import Inbox
from tests.support.plugin_process import BIN, run_command, write_json

if TYPE_CHECKING:
    from pathlib import Path

MOST_SECONDS = 30


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def content(self) -> Any:
        return json.loads(self.body)


class ReceiverProcess:
    """A receiver on a port of its own.

    Args:
        folder: Of its inbox and its log.
        config: More settings.
        arguments: More of the command line.
        files: That it may have open.
    """

    def __init__(
        self, folder: Path, *arguments: str, files: int | None = None, **config: Any
    ) -> None:
        self.inbox = folder / "inbox.sqlite"
        self.log_path = folder / "receiver.log"
        command = [str(BIN / "tap-clevertap"), "receive", "--port", "0", *arguments]
        command += ["--config", write_json({"inbox_path": str(self.inbox), **config})]
        if files is not None:
            command = ["/bin/sh", "-c", f'ulimit -n {files}; exec "$@"', "sh", *command]
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log)
        readable, _, _ = select.select([self.process.stdout], [], [], MOST_SECONDS)
        self.url = self.process.stdout.readline().decode().strip() if readable else ""
        if not self.url:
            self.stop(signal.SIGKILL)
            raise AssertionError(self.log)
        self.host, _, port = self.url.removeprefix("http://").rpartition(":")
        self.port = int(port)

    @property
    def log(self) -> str:
        return self.log_path.read_text()

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal, and return the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        status = self.process.wait(MOST_SECONDS)
        self.process.stdout.close()
        return status

    def __del__(self) -> None:
        if self.process.poll() is None:  # of a test that failed
            self.stop(signal.SIGKILL)

    def request(
        self,
        path: str = "/webhook",
        body: Any = None,
        *,
        method: str = "POST",
        headers: dict[str, str] | None = None,
        **options: Any,
    ) -> Answer:
        """Send one request on a connection of its own."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=MOST_SECONDS)
        with closing(connection):
            connection.request(method, path, body, headers or {}, **options)
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.headers), answer.read())

    def connect(self) -> socket.socket:
        return socket.create_connection((self.host, self.port), timeout=MOST_SECONDS)

    def sent(self, *parts: bytes) -> bytes:
        """Send bytes, end the sending, and return all that comes back."""
        with self.connect() as connection:
            for part in parts:
                connection.sendall(part)
            connection.shutdown(socket.SHUT_WR)
            return received(connection)

    def stored(self) -> list[bytes]:
        """Return the bodies in the inbox."""
        with Inbox(str(self.inbox)) as inbox:
            found, after = [], 0
            while messages := inbox.messages_after(after, 500):
                found += [each.body for each in messages]
                after = messages[-1].id
            return found

    def metric(self, name: str, **headers: str) -> float:
        """Return a number of /metrics by its whole name, 0 if it is not there."""
        text = self.request("/metrics", method="GET", headers=headers).body.decode()
        found = [line.rpartition(" ")[2] for line in text.splitlines() if line.startswith(name)]
        return float(found[0]) if found else 0.0


def received(connection: socket.socket) -> bytes:
    """Return all bytes until the other side closes."""
    parts = []
    while part := connection.recv(1 << 16):
        parts.append(part)
    return b"".join(parts)


def head(size: int | None, path: str = "/webhook", **headers: str) -> bytes:
    """Return the head of a request with a body of this size, chunked without one."""
    length = "Transfer-Encoding: chunked" if size is None else f"Content-Length: {size}"
    more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"POST {path} HTTP/1.1\r\nHost: inbox\r\n{more}{length}\r\n\r\n".encode()


def refused(*arguments: str, folder: Path, **config: Any) -> str:
    """Return the log of a receiver that does not start; its last line has the cause."""
    given = {"inbox_path": str(folder / "inbox.sqlite"), **config}
    command = [str(BIN / "tap-clevertap"), "receive", "--port", "0", *arguments]
    done = run_command([*command, "--config", write_json(given)], timeout=MOST_SECONDS)
    assert done.returncode == 1, done.stderr
    assert not done.stdout
    assert "Traceback" not in done.stderr
    return done.stderr.strip().splitlines()[-1]
