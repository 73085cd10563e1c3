#!/usr/bin/env bash
# Behaviour: when a stream sends a second SCHEMA in one run, as taps do that meet a new column, the file
#   is opened anew with the new header before the rows of the first SCHEMA are written. These rows then
#   follow in their old order of columns: an amount is read as a name. Status is 0.
#   Send one SCHEMA per stream and run, with every column in it.
# Version: meltanolabs-target-csv 0.5.0 (singer-sdk 0.54.9)
# Source: meltanolabs_target_csv/sinks.py: setup, process_batch
# First seen: 2026-11-27
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
  meltanolabs-target-csv==0.5.0 singer-sdk==0.54.9

cat > input.jsonl <<'INPUT'
{"type": "SCHEMA", "stream": "events", "key_properties": ["id"], "schema": {"type": "object", "properties": {"id": {"type": "integer"}, "amount": {"type": "number"}}}}
{"type": "RECORD", "stream": "events", "record": {"id": 1, "amount": 100}}
{"type": "SCHEMA", "stream": "events", "key_properties": ["id"], "schema": {"type": "object", "properties": {"id": {"type": "integer"}, "plan": {"type": "string"}, "amount": {"type": "number"}}}}
{"type": "RECORD", "stream": "events", "record": {"id": 2, "plan": "gold", "amount": 200}}
{"type": "STATE", "value": {"id": 2}}
INPUT
status=0
venv/bin/target-csv < input.jsonl > state.txt 2> log.txt || status=$?

venv/bin/pip show meltanolabs-target-csv | grep '^Version'
echo "status $status; the file:"
tr -d '\r' < events.csv
if [[ $status == 0 ]] && grep -q '^id,plan,amount' events.csv && grep -q '^1,100.\?$' events.csv; then
  echo "as described"
else
  echo "changed: the first row fits the header, or the run failed"
  exit 1
fi
