"""A folder of an SFTP server as the place of import files."""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import posixpath
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from target_clevertap.import_files.sftp_connection import (
    SftpConnection,
    read_key,
    require_extra,
)
from target_clevertap.import_files.sftp_errors import RUN_AGAIN, SftpCut, SftpStopped, told
from target_clevertap.import_files.sftp_upload import upload

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Sequence
    from pathlib import Path

    from asyncssh import SFTPClient

    from target_clevertap.import_files.sftp_server import SftpServer

PAUSES = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds before each next try of what was cut; after the last the run ends."""
CLOSE_SECONDS = 5.0
GLANCE_SECONDS = 0.2
"""Between two looks whether the run is to end."""

logger = logging.getLogger(__name__)
Found = TypeVar("Found")


class SftpDestination:
    """Implements `Destination` over one connection, which is made again where it was cut.

    The connection lives in a thread of its own: it answers the server while the run does other
    work, and a signal does not break into it.
    """

    def __init__(self, server: SftpServer, pauses: Sequence[float] = PAUSES) -> None:
        """Connect to nothing yet.

        Args:
            server: Of the settings.
            pauses: Seconds before each next try.

        Raises:
            SettingError: When the extra is not installed.
            SftpStopped: When the key cannot be used.
        """
        require_extra()
        self._server = server
        self._key = read_key(server)
        self._pauses = pauses
        self._check: Callable[[], None] = _go_on
        self._there = 0
        """Bytes of the file on its way that were there when a try began."""

        self._connection: SftpConnection | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="sftp", daemon=True)
        self._thread.start()

    def check(self) -> None:
        """Connect, log in and look for the folder.

        Raises:
            SftpStopped: When that does not work.
        """

        async def nothing(_sftp: SFTPClient) -> None:
            """Do nothing: the connection is all that is asked for."""

        self._repeated(nothing, "be used")

    def watch(self, check: Callable[[], None]) -> None:
        """Call this while an upload or a pause goes on."""
        self._check = check

    def put(self, path: Path, temporary_name: str) -> None:
        """Upload a file; what is there of it already is compared, and continued."""
        self._there = 0
        there = self._at(temporary_name)
        self._repeated(lambda sftp: upload(sftp, path, there, self._note_there), "be written")

    def rename(self, old: str, new: str) -> None:
        """Rename a file. A try whose answer was lost may have done it."""
        tries = 0

        async def renamed(sftp: SFTPClient) -> None:
            nonlocal tries
            tries += 1
            if tries > 1 and not await sftp.exists(self._at(old)):
                return
            await _rename(sftp, self._at(old), self._at(new))

        self._repeated(renamed, "have files renamed")

    def exists(self, name: str) -> bool:
        """Tell whether there is a file of this name."""
        return self._repeated(lambda sftp: sftp.exists(self._at(name)), "be read")

    def close(self) -> None:
        """End the connection and its thread."""
        if self._loop.is_closed():
            return
        ending = asyncio.run_coroutine_threadsafe(self._ended(), self._loop)
        with suppress(concurrent.futures.TimeoutError):
            ending.result(CLOSE_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(CLOSE_SECONDS)
        if not self._thread.is_alive():
            self._loop.close()

    def _at(self, name: str) -> str:
        return posixpath.join(self._server.folder, name)

    def _repeated(self, act: Callable[[SFTPClient], Awaitable[Found]], action: str) -> Found:
        """Do something, again with pauses where the connection was cut.

        Tries of an upload are counted anew where those before have brought some of it there.

        Raises:
            SftpStopped: When it cannot be done.
        """
        there, pauses = 0, iter(self._pauses)
        while True:
            try:
                return self._run(self._acted(act, action))
            except SftpCut as error:  # noqa: PERF203 - each try may fail
                if self._there > there:
                    there, pauses = self._there, iter(self._pauses)  # the tries before did some
                self._rest_after(error, next(pauses, None))

    def _rest_after(self, error: SftpCut, pause: float | None) -> None:
        """Wait before another try.

        Raises:
            SftpStopped: When there is none.
        """
        if pause is None:
            message = (
                f"sftp_url: {self._server.address}: {error}, in {len(self._pauses) + 1} tries; "
                f"check the server and the network, then run again: {RUN_AGAIN}"
            )
            raise SftpStopped(message, "not_reached") from None
        logger.warning("sftp_url: %s: %s; trying again in %g s", self._server.address, error, pause)
        end = time.monotonic() + pause
        while (left := end - time.monotonic()) > 0:
            self._check()
            time.sleep(min(left, GLANCE_SECONDS))

    def _note_there(self, size: int) -> None:
        self._there = max(self._there, size)

    async def _acted(self, act: Callable[[SFTPClient], Awaitable[Found]], action: str) -> Found:
        connection = await self._connected()
        try:
            with told(self._server, f"cannot {action}"):
                return await act(connection.sftp)
        except SftpCut:
            self._disconnect()
            raise

    async def _connected(self) -> SftpConnection:
        if self._connection is None:
            self._connection = await SftpConnection.open(self._server, self._key)
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    async def _ended(self) -> None:
        """End what goes on in the loop, and the connection."""
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for each in others:
            each.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        if self._connection is not None:
            await self._connection.closed()

    def _run(self, work: Coroutine[Any, Any, Found]) -> Found:
        running = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            while not concurrent.futures.wait([running], GLANCE_SECONDS).done:
                self._check()
            return running.result()
        except BaseException:
            running.cancel()  # the run is to end; what is going on in the other thread ends, too
            raise


def _go_on() -> None:
    """Let everything go on, until something else is watched."""


async def _rename(sftp: SFTPClient, old: str, new: str) -> None:
    """Rename a file over another; a server without OpenSSH's extension has to remove that first."""
    import asyncssh  # noqa: PLC0415 - an extra

    try:
        await sftp.posix_rename(old, new)
    except asyncssh.SFTPOpUnsupported:
        if await sftp.exists(new):
            await sftp.remove(new)
        await sftp.rename(old, new)
