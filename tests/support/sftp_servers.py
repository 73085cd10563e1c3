"""SFTP servers on loopback: OpenSSH's, where it is installed, and asyncssh's."""

from __future__ import annotations

import asyncio
import getpass
import os
import shutil
import socket
import subprocess
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncssh
from typing_extensions import override

from tests.support.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

SSHD = shutil.which("sshd") or shutil.which("sshd", path="/usr/sbin:/usr/local/sbin")
READY_SECONDS = 20.0


@dataclass
class RunningSftp:
    """A server, the key that it takes, and the folder that it serves."""

    port: int
    folder: Path
    """What the server calls by the same name (sshd), or `/` (asyncssh)."""

    key_path: Path
    host_key: str
    """The line of the public key."""

    root: str
    user: str

    def settings(self, **more: object) -> dict[str, Any]:
        """Return the settings of a target that uploads there."""
        return {
            "sftp_url": f"sftp://{self.user}@127.0.0.1:{self.port}{self.root}",
            "sftp_key_path": str(self.key_path),
            "sftp_host_key": self.host_key,
            "account_id": "TEST-000-0000",
            "request_timeout": 20,
            **more,
        }


def make_key(path: Path, algorithm: str = "ssh-ed25519", **options: Any) -> asyncssh.SSHKey:
    """Write a private key and its public one, and return it."""
    key = asyncssh.generate_private_key(algorithm, "test")
    key.write_private_key(path, **options)
    key.write_public_key(f"{path}.pub")
    path.chmod(0o600)
    return key


@contextmanager
def openssh(folder: Path) -> Iterator[RunningSftp]:
    """Run OpenSSH's sshd; it serves this user."""
    keys, served = folder / "keys", folder / "served"
    keys.mkdir()
    served.mkdir()
    make_key(keys / "host")
    make_key(keys / "user")
    port = free_port()
    config = keys / "sshd_config"
    lines = [
        *(f"Port {port}", "ListenAddress 127.0.0.1", f"HostKey {keys}/host"),
        *(f"PidFile {keys}/pid", f"AuthorizedKeysFile {keys}/user.pub", "StrictModes no"),
        *("UsePAM no", "PasswordAuthentication no", "Subsystem sftp internal-sftp"),
    ]
    config.write_text("".join(f"{line}\n" for line in lines))
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    process = subprocess.Popen(
        [str(SSHD), "-D", "-f", str(config), "-E", str(keys / "log")]  # -D: it stays ours to end
    )
    try:
        _wait_until_it_listens(port)
        public = (keys / "host.pub").read_text()
        yield RunningSftp(port, served, keys / "user", public, str(served), getpass.getuser())
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def asyncssh_server(
    folder: Path, server: type[asyncssh.SFTPServer] = asyncssh.SFTPServer, **options: Any
) -> Iterator[RunningSftp]:
    """Run asyncssh's server in a thread; `server` is the kind of its sessions."""
    keys, served = folder / "keys", folder / "served"
    keys.mkdir()
    served.mkdir()
    host = options.pop("host", None) or make_key(keys / "host")
    make_key(keys / "user")
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    connections: list[asyncssh.SSHServerConnection] = []

    class Remembering(asyncssh.SSHServer):
        @override
        def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
            connections.append(conn)

    async def listen() -> asyncssh.SSHAcceptor:
        return await asyncssh.listen(
            "127.0.0.1",
            0,
            server_factory=Remembering,
            server_host_keys=[host],
            authorized_client_keys=str(keys / "user.pub"),
            sftp_factory=lambda channel: server(channel, chroot=os.fsencode(served)),
            **options,
        )

    acceptor = asyncio.run_coroutine_threadsafe(listen(), loop).result(READY_SECONDS)
    try:
        public = host.export_public_key().decode()
        yield RunningSftp(acceptor.get_port(), served, keys / "user", public, "", "TEST-000-0000")
    finally:
        asyncio.run_coroutine_threadsafe(_end(acceptor, connections), loop).result(READY_SECONDS)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _end(
    acceptor: asyncssh.SSHAcceptor, connections: list[asyncssh.SSHServerConnection]
) -> None:
    acceptor.close()
    for each in connections:
        each.abort()
        await each.wait_closed()
    await asyncio.sleep(0.01)  # transports close their sockets


def _wait_until_it_listens(port: int) -> None:
    end = time.monotonic() + READY_SECONDS
    with socket.socket() as probe:
        while probe.connect_ex(("127.0.0.1", port)):
            assert time.monotonic() < end, "the SFTP server does not listen"
            time.sleep(0.05)
