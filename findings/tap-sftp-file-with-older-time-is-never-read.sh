#!/usr/bin/env bash
# Behaviour: tap-sftp keeps the time of the last file that it read, and next time reads only files with
#   a later one. A file that arrives afterwards with the same second, or with an older time as uploads
#   that preserve times have, is never read. No message, status 0. tap-s3-csv compares in the same way.
#   Upload without preserving times, and not while the tap runs.
# Version: tap-sftp 1.3.0 (server: asyncssh 2.24.1)
# Source: tap_sftp/client.py: SFTPConnection.get_files; tap_sftp/sync.py: sync_stream
# First seen: 2026-11-27
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check tap-sftp==1.3.0
python3 -m venv other
other/bin/pip install --quiet --no-compile --disable-pip-version-check asyncssh==2.24.1

mkdir files
cat > server.py <<'PYTHON'
import asyncio
import asyncssh

class Open(asyncssh.SSHServer):
    def begin_auth(self, username):
        return True

    def password_auth_supported(self):
        return True

    def validate_password(self, username, password):
        return True

async def main():
    key = asyncssh.generate_private_key("ssh-rsa")
    server = await asyncssh.create_server(
        Open, "127.0.0.1", 0, server_host_keys=[key],
        sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot="files"),
    )
    with open("port.new", "w") as file:
        file.write(str(server.sockets[0].getsockname()[1]))
    await asyncio.sleep(300)

asyncio.run(main())
PYTHON
other/bin/python server.py > server.txt 2>&1 &
server=$!
trap 'kill "$server" || true; rm -rf "$work"' EXIT
for _ in $(seq 300); do [[ -s port.new ]] && break; sleep 0.1; done
cat > config.json <<CONFIG
{"host": "127.0.0.1", "port": $(< port.new), "username": "u", "password": "p", "private_key_file": "", "start_date": "2020-01-01T00:00:00Z", "tables": "[{\"table_name\": \"orders\", \"search_prefix\": \"/\", \"search_pattern\": \"csv\", \"key_properties\": [\"id\"], \"delimiter\": \",\"}]"}
CONFIG
add_file() { # name, number, time
  printf 'id,plan\n%s,gold\n' "$2" > "files/$1.csv"
  touch -d "$3" "files/$1.csv"
}
add_file first 1 2026-08-02T10:00:00Z
venv/bin/tap-sftp --config config.json --discover 2> log.txt |
  venv/bin/python -c '
import json, sys
catalog = json.load(sys.stdin)
for stream in catalog["streams"]:
    for entry in stream["metadata"]:
        entry["metadata"]["selected"] = True
json.dump(catalog, sys.stdout)' > catalog.json
venv/bin/tap-sftp --config config.json --catalog catalog.json > one.jsonl 2> log.txt
grep '"STATE"' one.jsonl | tail -n 1 | venv/bin/python -c 'import json; print(json.dumps(json.loads(input())["value"]))' > state.json
add_file same-second 2 2026-08-02T10:00:00Z
add_file older 3 2026-08-01T09:00:00Z
add_file later 4 2026-08-02T10:00:01Z
venv/bin/tap-sftp --config config.json --catalog catalog.json --state state.json > two.jsonl 2> log.txt
rows() { grep '"RECORD"' "$1" | venv/bin/python -c 'import json, sys; print(*[json.loads(line)["record"]["id"] for line in sys.stdin])'; }

venv/bin/pip show tap-sftp | grep '^Version'
echo "first run: file 1; sent: $(rows one.jsonl); state: $(cat state.json)"
echo "then files 2 (same second), 3 (older) and 4 (later) arrive; sent: $(rows two.jsonl)"
if [[ $(rows one.jsonl) == 1 && $(rows two.jsonl) == 4 ]]; then
  echo "as described"
else
  echo "changed: files of the same second or older are read"
  exit 1
fi
