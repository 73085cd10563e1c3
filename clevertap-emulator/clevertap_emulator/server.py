"""The HTTP server: connections that a fault can cut, and an end on SIGTERM or SIGINT."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import uvicorn
from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from clevertap_emulator.api.pipeline import HANG_UP
from clevertap_emulator.log_guard import guard_logs
from clevertap_emulator.settings import READY

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

    from starlette.applications import Starlette

KEEP_ALIVE_SECONDS = 75
GC_THRESHOLD = 100_000


class Certificate(NamedTuple):
    """Paths of a TLS certificate chain and its key, both PEM."""

    path: str
    key: str


class CuttableProtocol(HttpToolsProtocol):
    """HTTP connections that the application may close without a response."""

    @override
    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {HANG_UP: self._hang_up}  # type: ignore[dict-item]  # an extension of our own

    def _hang_up(self, abort: bool) -> None:  # noqa: FBT001 - called through the ASGI scope
        if abort:
            self.transport.abort()
        else:
            self.transport.close()


class Server(uvicorn.Server):
    """Prints one line when it is ready, and ends quietly on SIGTERM and SIGINT."""

    failed = False

    def fail(self) -> None:
        """End, as the application cannot go on."""
        self.failed = True
        self._end()

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        host, port = (sockets or [])[0].getsockname()[:2]
        address = f"[{host}]" if ":" in host else host
        scheme = "https" if self.config.is_ssl else "http"
        sys.stdout.write(f"{READY}{scheme}://{address}:{port}\n")
        sys.stdout.flush()

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # From Python 3.12 on a server is closed only when its last connection is.
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await super().shutdown(sockets)

    @contextmanager
    @override
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._end)
        yield

    def _end(self) -> None:
        # Requests still waiting are dropped: their cancellation is not an error.
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL + 1)
        self.should_exit = self.force_exit = True


def serve(app: Starlette, listener: socket.socket, certificate: Certificate | None = None) -> None:
    """Serve until SIGTERM or SIGINT, over TLS if there is a certificate.

    Raises:
        SystemExit: The application failed; the exit status is 1.
    """
    gc.set_threshold(GC_THRESHOLD, 50, 100)
    guard_logs()
    config = uvicorn.Config(
        app,
        http=CuttableProtocol,
        loop="asyncio",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        server_header=False,
        ssl_certfile=certificate.path if certificate else None,
        ssl_keyfile=certificate.key if certificate else None,
    )
    server = Server(config)
    app.state.on_failure = server.fail
    server.run(sockets=[listener])
    if server.failed:
        sys.exit(1)
