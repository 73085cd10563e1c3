"""The server of the receiver: its address, its signals, and an end that loses nothing."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
import time
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import uvicorn
from typing_extensions import override

from tap_clevertap.errors import CleverTapError
from tap_clevertap.inbox.app import Receiver
from tap_clevertap.inbox.commits import GroupCommit
from tap_clevertap.inbox.limits import DRAIN_SECONDS, IDLE_SECONDS, Budget, most_connections
from tap_clevertap.inbox.log import ReceiverLog
from tap_clevertap.inbox.metrics import ReceiverCounts
from tap_clevertap.inbox.protocol import ConnectionLimits, ReceiverProtocol
from tap_clevertap.inbox.storing import Storing

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator

    from starlette.applications import Starlette

    from tap_clevertap.inbox.access import Access
    from tap_clevertap.inbox.writer import InboxWriter

LOOK_SECONDS = 0.5
BACKLOG = 1_024
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class ReceiverServer(uvicorn.Server):
    """Prints its address when it is ready, and looks after its connections until the last one ends.

    Args:
        config: Of uvicorn.
        look: Called about twice a second; the server ends when it returns true.
    """

    def __init__(self, config: uvicorn.Config, look: Callable[[], bool]) -> None:
        super().__init__(config)
        self._look = look
        self._watch: asyncio.Task[None] | None = None

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._watch = asyncio.create_task(self._look_after_connections())
        for listener in sockets or []:
            host, port = listener.getsockname()[:2]
            address = f"[{host}]" if ":" in host else host
            sys.stdout.write(f"http://{address}:{port}\n")
        sys.stdout.flush()

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets)
        if self._watch is not None:
            self._watch.cancel()

    async def _look_after_connections(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            now = time.monotonic()
            for connection in [*self.server_state.connections]:
                if isinstance(connection, ReceiverProtocol):
                    connection.end_if_overdue(now)
            self.should_exit |= self._look()

    @contextmanager
    @override
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup does with SIGHUP
                loop.add_signal_handler(number, self._end)
        yield

    def _end(self) -> None:
        self.should_exit = True


def serve(writer: InboxWriter, listener: socket.socket, access: Access, name: str) -> None:
    """Receive messages until SIGTERM, SIGINT or SIGHUP, and close the inbox.

    Args:
        writer: Of the inbox.
        listener: Bound to its address.
        access: Says who may push.
        name: Of the logger.

    Raises:
        CleverTapError: When the receiver fails.
    """
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)  # our own lines say it
    log = ReceiverLog(logging.getLogger(name), writer.inbox_id)
    budget = Budget()
    counts = ReceiverCounts(held=lambda: budget.held)
    commits = GroupCommit(writer, counts.committed)
    counts.waiting = lambda: commits.waiting
    receiver = Receiver(Storing(commits, log), access, counts, budget, log)

    def look() -> bool:
        log.line_if_due(counts)
        return bool(commits.failure)

    limits = ConnectionLimits(budget, counts.refuse, most_connections())
    config = _config(receiver.application(), limits)
    try:
        ReceiverServer(config, look).run(sockets=[listener])
    finally:
        commits.close()
        log.line(counts)
    if commits.failure:
        message = f"receive: it failed ({commits.failure}); start it again"
        raise CleverTapError(message)


def _config(application: Starlette, limits: ConnectionLimits) -> uvicorn.Config:
    return uvicorn.Config(
        application,
        http=partial(ReceiverProtocol, limits),  # type: ignore[arg-type]  # uvicorn only calls it
        loop="asyncio",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=BACKLOG,
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )
