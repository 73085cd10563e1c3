#!/usr/bin/env bash
# Behaviour: tap-sftp guesses types by sampling CSV files, and sends what looks like a number as one: the
#   post code 00712 arrives as 712, and the phone +919812345678 without its +. The SCHEMA allows text
#   too, which it uses only for the rest. tap-s3-csv guesses in the same way, status 0 in both.
#   Quotes do not help; read with a tap that keeps text (tap-csv, pipelinewise-tap-s3-csv).
# Version: tap-sftp 1.3.0, singer-encodings 0.1.4 (server: asyncssh 2.24.1)
# Source: singer_encodings/json_schema.py: infer, generate_schema
# First seen: 2026-11-27
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check tap-sftp==1.3.0 singer-encodings==0.1.4
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
printf 'id,zip,phone\n1,00712,"+919812345678"\n' > files/users.csv
venv/bin/tap-sftp --config config.json --discover 2> log.txt |
  venv/bin/python -c '
import json, sys
catalog = json.load(sys.stdin)
for stream in catalog["streams"]:
    for entry in stream["metadata"]:
        entry["metadata"]["selected"] = True
json.dump(catalog, sys.stdout)' > catalog.json
venv/bin/tap-sftp --config config.json --catalog catalog.json > out.jsonl 2> log.txt
seen=$(venv/bin/python -c '
import json
for message in map(json.loads, open("out.jsonl")):
    if message["type"] == "SCHEMA":
        print("SCHEMA", message["schema"]["properties"]["zip"], message["schema"]["properties"]["phone"])
    if message["type"] == "RECORD":
        print("RECORD", repr(message["record"]["zip"]), repr(message["record"]["phone"]))')

venv/bin/pip show tap-sftp | grep '^Version'
echo "in the file: 00712 and \"+919812345678\""
echo "$seen"
if [[ $seen == *'RECORD 712 919812345678' ]]; then
  echo "as described"
else
  echo "changed: zeros and + are kept"
  exit 1
fi
