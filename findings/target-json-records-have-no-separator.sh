#!/usr/bin/env bash
# Behaviour: target-json writes the records of a stream one after the other, with nothing between them:
#   {"id": 1}{"id": 2}. The file is neither JSON nor JSON lines; line-based readers take it
#   for one line, and most parsers end at the second record. Status 0, and the STATE is passed on.
#   Split it with a decoder that reads value after value, as Python's raw_decode or jq.
# Version: target-json 0.0.11
# Source: target_json.py: persist_lines
# First seen: 2026-11-27
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check target-json==0.0.11 'setuptools<82' pytz

cat > input.jsonl <<'INPUT'
{"type": "SCHEMA", "stream": "events", "key_properties": ["id"], "schema": {"type": "object", "properties": {"id": {"type": "integer"}}}}
{"type": "RECORD", "stream": "events", "record": {"id": 1}}
{"type": "RECORD", "stream": "events", "record": {"id": 2}}
{"type": "STATE", "value": {"bookmarks": {"events": 2}}}
INPUT
status=0
venv/bin/target-json < input.jsonl > state.txt 2> log.txt || status=$?
seen=$(cat events-*.json)

venv/bin/pip show target-json | grep '^Version'
echo "status $status; STATE passed on: $(wc -l < state.txt); in the file: $seen"
if [[ $status == 0 && -s state.txt && $seen == '{"id": 1}{"id": 2}' ]]; then
  echo "as described"
else
  echo "changed: something is between the records"
  exit 1
fi
