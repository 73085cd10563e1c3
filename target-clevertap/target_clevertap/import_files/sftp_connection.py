"""One connection to an SFTP server, whose host key is checked before anything is sent."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from typing_extensions import override

from target_clevertap._plugin.shown import shown
from target_clevertap.errors import SettingError
from target_clevertap.import_files.sftp_errors import SftpCut, SftpStopped, told
from target_clevertap.import_files.sftp_server import ANY_ALGORITHM

if TYPE_CHECKING:
    from asyncssh import SFTPClient, SSHClientConnection, SSHKey

    from target_clevertap.import_files.sftp_server import SftpServer

EXTRA_MISSING = (
    "method: sftp needs asyncssh, which is not installed; install target-clevertap[sftp]"
)
KEEP_ALIVE_SECONDS = 15
KEEP_ALIVE_TRIES = 3
HOW_TO_PIN = (
    "compare it with the fingerprint that CleverTap gives you, then set sftp_host_key to it"
)


def require_extra() -> None:
    """Make sure that the SSH library is there, and logs nothing: its lines name users and servers.

    Raises:
        SettingError: When it is not installed.
    """
    try:
        import asyncssh  # noqa: PLC0415 - an extra
    except ModuleNotFoundError:
        raise SettingError(EXTRA_MISSING) from None
    asyncssh.set_log_level(logging.CRITICAL)


def read_key(server: SftpServer) -> SSHKey:
    """Return the private key.

    Raises:
        SftpStopped: When there is none, or it cannot be read without another passphrase.
    """
    import asyncssh  # noqa: PLC0415 - an extra

    where = f"sftp_key_path: {shown(server.key_path)}"
    try:
        return asyncssh.read_private_key(server.key_path, server.passphrase)
    except OSError as error:
        message = f"{where} cannot be read ({error.strerror}); give the path of the private key"
    except asyncssh.KeyEncryptionError:
        message = f"{where} does not open with sftp_key_passphrase; correct it"
    except (asyncssh.KeyImportError, ValueError) as error:
        is_locked = "passphrase" in str(error).lower()
        locked = f"{where} has a passphrase; set sftp_key_passphrase"
        message = locked if is_locked else f"{where} is no private key of OpenSSH; give one"
    raise SftpStopped(message, "key_unusable")


class SftpConnection:
    """An open connection and its SFTP session; used in one event loop."""

    def __init__(self, connection: SSHClientConnection, sftp: SFTPClient) -> None:
        """Keep them, until `close`."""
        self._connection = connection
        self.sftp = sftp

    @classmethod
    async def open(cls, server: SftpServer, key: SSHKey) -> SftpConnection:
        """Connect, check the host key, log in and look for the folder.

        Raises:
            SftpCut: When another try may help.
            SftpStopped: When it would not.
        """
        connection = await _connected(server, key)
        try:
            with told(server, "cannot be used"):
                sftp = await asyncio.wait_for(connection.start_sftp_client(), server.timeout)
                if await asyncio.wait_for(sftp.isdir(server.folder), server.timeout):
                    return cls(connection, sftp)
        except BaseException:
            connection.abort()
            raise
        connection.abort()
        message = (
            f"sftp_url: {server.address}: there is no folder {shown(server.folder)}; correct the "
            "URL, or make it"
        )
        raise SftpStopped(message, "no_folder")

    def close(self) -> None:
        """End the connection without waiting for the server."""
        self._connection.abort()

    async def closed(self) -> None:
        """End the connection, and return when that is done."""
        self._connection.abort()
        await self._connection.wait_closed()


@dataclass(slots=True)
class _SeenKeys:
    """The host keys that a server showed, as type and fingerprint."""

    keys: list[str] = field(default_factory=list)
    is_trusted: bool = False
    """Whether the last of them is."""


async def _connected(server: SftpServer, key: SSHKey) -> SSHClientConnection:
    """Return a connection to the server with the trusted host key, logged in."""
    import asyncssh  # noqa: PLC0415 - an extra

    seen = _SeenKeys()
    for algorithms in server.pin.algorithms() if server.pin else (ANY_ALGORITHM,):
        try:
            with told(server, "cannot be reached"):
                return await _attempt(server, key, algorithms, seen)
        except asyncssh.HostKeyNotVerifiable:  # noqa: PERF203 - each kind of key may fail
            continue
        except (SftpCut, SftpStopped):
            if seen.is_trusted or not seen.keys:
                raise  # else: a server that shows a key need not have one of another type
    raise _not_trusted(server, seen.keys)


async def _attempt(
    server: SftpServer, key: SSHKey, algorithms: tuple[str, ...], seen: _SeenKeys
) -> SSHClientConnection:
    import asyncssh  # noqa: PLC0415 - an extra

    pin = server.pin

    class HostCheck(asyncssh.SSHClient):
        @override
        def validate_host_public_key(self, _host: str, _addr: str, _port: int, key: SSHKey) -> bool:
            fingerprint = key.get_fingerprint()
            seen.keys.append(f"{key.get_algorithm()} {fingerprint}")
            seen.is_trusted = pin is not None and fingerprint == pin.fingerprint
            return seen.is_trusted

    return await asyncssh.connect(
        server.host,
        server.port,
        config=None,  # what the user's own SSH client does is not asked
        client_factory=HostCheck,
        known_hosts=([], [], []),
        username=server.user,
        client_keys=[key],
        agent_path=None,
        preferred_auth="publickey",
        connect_timeout=server.timeout,
        login_timeout=server.timeout,
        keepalive_interval=KEEP_ALIVE_SECONDS,
        keepalive_count_max=KEEP_ALIVE_TRIES,
        server_host_key_algs=algorithms,
    )


def _not_trusted(server: SftpServer, shown_keys: list[str]) -> Exception:
    """Return the error for a host key that nobody vouched for."""
    keys = " and ".join(dict.fromkeys(shown_keys))
    if not keys:
        return SftpCut("it shows no host key")
    if server.pin is None:
        message = (
            f"sftp_host_key: it is missing, so nothing was sent. {server.address} shows {keys}; "
            f"{HOW_TO_PIN}"
        )
        return SftpStopped(message, "host_key_missing")
    message = (
        f"sftp_host_key: {server.address} shows another host key, {keys}, so nothing was sent. "
        f"Somebody may be in between, or the key was replaced; {HOW_TO_PIN}"
    )
    return SftpStopped(message, "other_host_key")
