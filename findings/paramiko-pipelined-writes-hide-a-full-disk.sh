#!/usr/bin/env bash
# Behaviour: SFTPClient.putfo and a file with set_pipelined(True) send writes without waiting for
#   answers. If the server refuses the last writes, as a full disk does, close raises nothing. With
#   confirm=False putfo returns as if all was there. Without pipelining the same write raises.
# Version: paramiko 5.1.0, asyncssh 2.24.1 as the server
# Source: paramiko/sftp_file.py, _write and _close: responses of pipelined writes are not checked at
#   the end; docs of SFTPFile.set_pipelined do not mention it
# First seen: 2026-11-29
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check paramiko==5.1.0 asyncssh==2.24.1

cat > seen.py <<'PYTHON'
import asyncio
import io
import logging
import threading

import asyncssh
import paramiko

logging.disable(logging.CRITICAL)
ROOM = 64 * 1024
CONTENT = bytes(100_000)


class SmallDisk(asyncssh.SFTPServer):
    def __init__(self, channel):
        super().__init__(channel, chroot="files")

    def write(self, file_obj, offset, data):
        if offset + len(data) > ROOM:
            raise asyncssh.SFTPFailure("No space left on device")
        return super().write(file_obj, offset, data)


class AnyUser(asyncssh.SSHServer):
    def begin_auth(self, username):
        return False


async def serve(ready, ports):
    key = asyncssh.generate_private_key("ssh-ed25519")
    server = await asyncssh.listen(
        "127.0.0.1", 0, server_factory=AnyUser, server_host_keys=[key], sftp_factory=SmallDisk
    )
    ports.append(server.sockets[0].getsockname()[1])
    ready.set()
    await asyncio.sleep(60)


def told(action):
    try:
        action()
    except OSError as error:
        return f"raises {type(error).__name__}"
    return "raises nothing"


ready, ports = threading.Event(), []
threading.Thread(target=lambda: asyncio.run(serve(ready, ports)), daemon=True).start()
ready.wait(30)
transport = paramiko.Transport(("127.0.0.1", ports[0]))
transport.start_client(timeout=30)
transport.auth_none("user")
sftp = paramiko.SFTPClient.from_transport(transport)


def written(pipelined):
    with sftp.open("plain", "wb") as file:
        file.set_pipelined(pipelined)
        file.write(CONTENT)


print("pipelined write and close:", told(lambda: written(True)))
print("write and close:", told(lambda: written(False)))
upload = lambda: sftp.putfo(io.BytesIO(CONTENT), "put", confirm=False)
print("putfo without confirm:", told(upload))
print("bytes there:", sftp.stat("put").st_size, "of", len(CONTENT))
transport.close()
PYTHON
mkdir files
seen=$(timeout 60 venv/bin/python seen.py)
venv/bin/pip show paramiko asyncssh | grep '^Version'
echo "$seen"
expected="pipelined write and close: raises nothing
write and close: raises OSError
putfo without confirm: raises nothing
bytes there: 65536 of 100000"
if [[ $seen == "$expected" ]]; then
  echo "as described"
else
  echo "changed: refused writes raise an error"
  exit 1
fi
