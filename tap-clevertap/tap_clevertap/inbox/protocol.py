"""HTTP connections with limits: for the time and the size of a request, and for all of them."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from tap_clevertap.inbox.limits import (
    LINGER_SECONDS,
    MOST_HEAD_BYTES,
    MOST_PIPELINED,
    REQUEST_SECONDS,
    Budget,
)

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

REQUEST_BYTES = 4_096
"""What a request without a body holds in memory."""
LINGERING = 100
"""Connections above the limit that are told why they are refused."""
TIMEOUT = HTTPStatus.REQUEST_TIMEOUT, "timeout", "the request took longer than 10 seconds"
MALFORMED = HTTPStatus.BAD_REQUEST, "malformed", "this is not a request of HTTP/1.1"
LONG_HEAD = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "long_head", "the headers are too long"
OVERLOADED = HTTPStatus.SERVICE_UNAVAILABLE, "overloaded", "too much waits; send it again later"


@dataclass(frozen=True)
class ConnectionLimits:
    """What all connections share.

    Args:
        budget: Of the bytes in memory.
        refused: Called with the reason of each refusal.
        connections: At most.
    """

    budget: Budget
    refused: Callable[[str], None]
    connections: int


class ReceiverProtocol(HttpToolsProtocol):
    """A connection that does not wait for ever; uvicorn itself has no time limit for a request.

    The event loop calls it; `end_if_overdue` is called for each connection about once a second.

    Args:
        limits: Shared by all connections.
        arguments: Those of uvicorn.
    """

    def __init__(self, limits: ConnectionLimits, **arguments: Any) -> None:  # noqa: ANN401 - uvicorn's own
        super().__init__(**arguments)
        self._limits = limits
        self._held: deque[int] = deque()
        """Bytes of each request that has no answer so far."""
        self._since: float | None = time.monotonic()
        """When a request began that has not arrived whole; None while none is expected."""
        self._stuck_since: float | None = None
        self._refused_at: float | None = None
        self._is_in_head = False
        self._has_begun = False
        self._head_bytes = 0

    # What the transport calls

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        super().connection_made(transport)
        above = len(self.connections) - self._limits.connections
        if above > LINGERING:
            self._limits.refused("overloaded")
            transport.abort()
        elif above > 0:
            self._refuse(*OVERLOADED)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._limits.budget.give(sum(self._held))
        self._held.clear()
        super().connection_lost(exc)

    @override
    def data_received(self, data: bytes) -> None:
        if self._refused_at is not None:
            return  # thrown away
        if self._since is None:
            self._since = time.monotonic()
        was_in_head = self._is_in_head
        super().data_received(data)
        if was_in_head and self._is_in_head:
            self._head_bytes += len(data)
        if self._head_bytes > MOST_HEAD_BYTES:
            self._refuse(*LONG_HEAD)
        elif self._limits.budget.is_exceeded or len(self.pipeline) > MOST_PIPELINED:
            self._refuse(*OVERLOADED)

    @override
    def eof_received(self) -> bool:  # type: ignore[override]  # uvicorn never returns one
        cycle = self._unanswered
        if cycle is None or cycle.more_body:
            return False
        cycle.keep_alive = False  # a client that only ends its sending still reads
        return True

    # What the parser calls

    @override
    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._since = time.monotonic()
        self._is_in_head = self._has_begun = True
        self._head_bytes = 0
        self._hold(new=REQUEST_BYTES)

    @override
    def on_headers_complete(self) -> None:
        self._is_in_head = False
        super().on_headers_complete()

    @override
    def on_body(self, body: bytes) -> None:
        if not self.cycle.response_complete:
            self._held[-1] += len(body)
            self._limits.budget.take(len(body))
        super().on_body(body)

    @override
    def on_message_complete(self) -> None:
        self._since = None
        self._has_begun = False
        super().on_message_complete()

    @override
    def on_response_complete(self) -> None:
        if self._held:
            self._limits.budget.give(self._held.popleft())
        super().on_response_complete()

    def _hold(self, new: int) -> None:
        self._held.append(new)
        self._limits.budget.take(new)

    # What ends a connection

    def end_if_overdue(self, now: float) -> None:
        """Refuse a request that takes too long, and close a connection that only waits.

        Args:
            now: On the monotonic clock.
        """
        self._end_if_stuck(now)
        if self._refused_at is not None:
            if now - self._refused_at > REQUEST_SECONDS:
                self.transport.abort()
        elif self._since is not None and now - self._since > REQUEST_SECONDS:
            if self._is_answering:
                self._since = now  # it is not read while it waits for earlier answers
            elif self._has_begun:
                self._refuse(*TIMEOUT)
            else:
                self.transport.close()

    def _end_if_stuck(self, now: float) -> None:
        """Cut a connection whose client does not read answers."""
        if not self.transport.get_write_buffer_size():
            self._stuck_since = None
        elif self._stuck_since is None:
            self._stuck_since = now
        elif now - self._stuck_since > REQUEST_SECONDS:
            self.transport.abort()

    @property
    def _unanswered(self) -> RequestResponseCycle | None:
        """The newest request, if it has no whole answer."""
        newest: RequestResponseCycle | None = self.cycle
        return None if newest is None or newest.response_complete else newest

    @property
    def _is_answering(self) -> bool:
        """Whether a request that arrived whole waits for its answer."""
        newest = self._unanswered
        return bool(self.pipeline) or (newest is not None and not newest.more_body)

    def _refuse(self, status: HTTPStatus, reason: str, why: str) -> None:
        """Answer the request that arrives, if none is answered before it, and read no more."""
        if self.transport.is_closing():
            return
        self._limits.refused(reason)
        self._refused_at = time.monotonic()
        self.flow.resume_reading()  # a connection that is cut loses its answers
        newest, is_answering = self._unanswered, self._is_answering
        if newest is not None:
            newest.keep_alive = False
            if newest.more_body:  # it is the one that is refused
                newest.disconnected = True
                newest.message_event.set()
        if is_answering:
            return
        is_answered = self._has_begun and not self._is_in_head and newest is None
        if not is_answered and not (newest is not None and newest.response_started):
            self.transport.write(_answer(status, why))
        self.transport.write_eof()
        self.loop.call_later(LINGER_SECONDS, self.transport.close)

    @override
    def send_400_response(self, msg: str) -> None:
        self._refuse(*MALFORMED)

    @override
    def _unsupported_upgrade_warning(self) -> None:
        self._refuse(HTTPStatus.BAD_REQUEST, "upgrade", "only HTTP/1.1 is spoken here")


def _answer(status: HTTPStatus, why: str) -> bytes:
    body = b'{"error": "%s"}' % why.encode()
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body
