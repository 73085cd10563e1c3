"""A server in front of a store that breaks off some of its responses."""

from __future__ import annotations

import socket
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding"}
LEAST = 1000
"""Bytes of a body: shorter ones, like listings of some files, are never broken off."""


@dataclass
class Breaking:
    """What it does, and what it saw."""

    address: str
    breaks: list[int] = field(default_factory=list)
    """After how many bytes of the body each of the next long responses breaks off."""
    asked: list[str] = field(default_factory=list)
    """The range of each GET whose response was long, or empty text."""
    on_break: Callable[[], object] = lambda: None
    """Called before a response is broken off."""
    forgotten: set[str] = field(default_factory=set)
    """Headers, in lower case, that are not handed on: as a server does that does not know them."""


@contextmanager
def breaking_server(behind: str) -> Iterator[Breaking]:
    """Yield a server that hands on requests to another one."""
    upstream = urlsplit(behind)
    state = Breaking("")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            connection = HTTPConnection(upstream.hostname, upstream.port, timeout=30)
            connection.putrequest("GET", self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                if name.lower() in state.forgotten:
                    continue
                connection.putheader(name, value)
            connection.endheaders()
            answer = connection.getresponse()
            body = answer.read()
            connection.close()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in {*HOP_BY_HOP, "content-length", "date", "server"}:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.send(body)

        def send(self, body):
            if len(body) >= LEAST:
                state.asked.append(self.headers.get("Range", self.headers.get("x-ms-range", "")))
                if state.breaks:
                    self.wfile.write(body[: state.breaks.pop(0)])
                    state.on_break()
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state.address = f"http://127.0.0.1:{server.server_port}{upstream.path}"
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
