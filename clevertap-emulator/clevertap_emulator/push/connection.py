"""One HTTP connection that is kept open, and what becomes of an attempt on it."""

from __future__ import annotations

import asyncio
import ssl
from enum import Enum
from typing import TYPE_CHECKING

import httptools
from typing_extensions import override

if TYPE_CHECKING:
    from clevertap_emulator.push.request import PushDestination


class PushFailure(str, Enum):
    """Why an attempt has no status."""

    TIMEOUT = "timeout"
    CUT = "cut"
    """The connection ended before the answer was whole."""
    UNREACHABLE = "unreachable"
    UNTRUSTED = "untrusted"
    """The certificate is not trusted, or TLS fails otherwise."""
    GARBLED = "garbled"
    """What came is not HTTP."""
    LOST = "lost"
    """It was answered, but the answer counts as lost: `--lose-one-in`."""


LENGTHS = (b"content-length", b"transfer-encoding")
PushResult = int | PushFailure
"""An HTTP status, or why there is none."""


class PushConnection:
    """Sends one request after another, over a new connection where the last one is closed."""

    def __init__(self, destination: PushDestination, timeout: float) -> None:
        self._destination = destination
        self._timeout = timeout
        self._line: AnswerLine | None = None

    async def attempt(self, request: bytes) -> PushResult:
        """Send a request, and return what became of it; it takes no longer than the timeout."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._timeout
        try:
            line = await self._opened()
        except asyncio.TimeoutError:
            return PushFailure.TIMEOUT
        except ssl.SSLError:
            return PushFailure.UNTRUSTED
        except OSError:
            return PushFailure.UNREACHABLE
        result = await line.ask(request, deadline)
        if isinstance(result, PushFailure) or not line.is_open:
            self.close()
        return result

    def close(self) -> None:
        """End the connection at once."""
        if self._line is not None:
            self._line.close()
        self._line = None

    async def _opened(self) -> AnswerLine:
        if self._line is None or not self._line.is_open:
            to = self._destination
            loop = asyncio.get_running_loop()
            server_name = to.host if to.tls else None
            making = loop.create_connection(
                AnswerLine, to.host, to.port, ssl=to.tls, server_hostname=server_name
            )
            _, made = await asyncio.wait_for(making, self._timeout)
            self._line = made
            return made
        return self._line


class AnswerLine(asyncio.Protocol):
    """Reads answers, one after another."""

    def __init__(self) -> None:
        self.is_open = False
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._answer: asyncio.Future[PushResult] | None = None
        self._has_head = self._ends_with_connection = False

    async def ask(self, request: bytes, deadline: float) -> PushResult:
        """Send a request, and wait for its answer until the loop's clock is at the deadline."""
        loop = asyncio.get_running_loop()
        if self._transport is None or not self.is_open:
            return PushFailure.CUT
        answer: asyncio.Future[PushResult] = loop.create_future()
        self._answer = answer
        timer = loop.call_at(deadline, self._settle, PushFailure.TIMEOUT)
        self._transport.write(request)
        try:
            return await answer
        finally:
            timer.cancel()

    def close(self) -> None:
        """End the connection at once."""
        self.is_open = False
        if self._transport is not None:
            self._transport.abort()

    def on_message_begin(self) -> None:
        """Begin an answer, which ends with the connection where no header has its length."""
        self._has_head, self._ends_with_connection = False, True

    def on_header(self, name: bytes, _: bytes) -> None:
        """Look for a length."""
        if name.lower() in LENGTHS:
            self._has_head = self._ends_with_connection = False

    def on_headers_complete(self) -> None:
        """Take note that the status is known."""
        self._has_head = True

    def on_message_complete(self) -> None:
        """Take a whole answer; httptools calls it."""
        status: int = self._parser.get_status_code()
        if status < 200:  # noqa: PLR2004 - an answer that another follows
            return
        if not self._parser.should_keep_alive():
            self.is_open = False
        self._settle(status)

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - of a connection
        self._transport = transport
        self.is_open = True

    @override
    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._settle(PushFailure.GARBLED)
            self.close()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self.is_open = False
        is_whole = exc is None and self._has_head and self._ends_with_connection
        self._settle(self._parser.get_status_code() if is_whole else PushFailure.CUT)

    def _settle(self, result: PushResult) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(result)
