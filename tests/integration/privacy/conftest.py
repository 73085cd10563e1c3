"""Fixtures for what the plugins send, and to whom."""

from __future__ import annotations

import http.server
import threading

import pytest


class Listener(http.server.ThreadingHTTPServer):
    """Acts as a proxy, or a host with a .netrc entry, and records its requests."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Remember)
        self.received = []

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"


class _Remember(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.received.append((self.command, self.path, dict(self.headers)))
        self.send_response(401)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_POST = do_CONNECT = do_GET  # noqa: N815 - the server looks for these names

    def log_message(self, *_):
        pass


@pytest.fixture
def listener():
    server = Listener()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()
