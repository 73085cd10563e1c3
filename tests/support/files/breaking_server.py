"""A server in front of a store that breaks off some of its responses, or refuses requests."""

from __future__ import annotations

import socket
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import SplitResult, parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOT_HANDED_ON = {"connection", "keep-alive", "transfer-encoding", "content-length"}
LEAST = 1000
"""Bytes of a body: shorter ones, like listings of some files, are never broken off."""


class Refusal(NamedTuple):
    """A response of a store that gives nothing."""

    status: int
    body: str
    headers: tuple[tuple[str, str], ...] = ()


@dataclass
class Breaking:
    """What it does, and what it saw."""

    behind: SplitResult
    address: str = ""
    breaks: list[int] = field(default_factory=list)
    """After how many bytes of the body each of the next long responses breaks off."""
    asked: list[str] = field(default_factory=list)
    """The range of each GET whose response was long, or empty text."""
    conditions: list[str] = field(default_factory=list)
    """Of each of these, the version that it is asked for, or empty text."""
    on_break: Callable[[], object] = lambda: None
    """Called before a response is broken off."""
    forgotten: set[str] = field(default_factory=set)
    """Headers, in lower case, that are not handed on: as a server does that does not know them."""
    refusals: dict[str, Refusal] = field(default_factory=dict)
    """By a part of the address of a request, how it is refused."""


@contextmanager
def breaking_server(behind: str) -> Iterator[Breaking]:
    """Yield a server that hands on requests to another one."""
    state = Breaking(urlsplit(behind))
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Of", (Handler,), {"state": state}))
    server.daemon_threads = True
    state.address = f"http://127.0.0.1:{server.server_port}{state.behind.path}"
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    state: Breaking

    def do_GET(self):
        refusals = (refusal for part, refusal in self.state.refusals.items() if part in self.path)
        if refusal := next(refusals, None):
            self.head(refusal.status, refusal.headers, len(refusal.body.encode()))
            self.wfile.write(refusal.body.encode())
            return
        connection = HTTPConnection(self.state.behind.hostname, self.state.behind.port, timeout=30)
        connection.putrequest("GET", self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            if name.lower() not in self.state.forgotten:
                connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        self.head(answer.status, answer.getheaders(), len(body))
        self.send(body)

    def head(self, status, headers, length):
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in NOT_HANDED_ON:
                self.send_header(name, value)
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def send(self, body):
        if len(body) < LEAST:
            self.wfile.write(body)
            return
        self.state.asked.append(self.headers.get("Range", self.headers.get("x-ms-range", "")))
        (of_google,) = parse_qs(urlsplit(self.path).query).get("ifGenerationMatch", [""])
        self.state.conditions.append(self.headers.get("If-Match", of_google))
        if not self.state.breaks:
            self.wfile.write(body)
            return
        self.wfile.write(body[: self.state.breaks.pop(0)])
        self.state.on_break()
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *_):
        pass
