#!/usr/bin/env bash
# Behaviour: meltanolabs-target-csv writes objects and lists as Python prints them: single quotes,
#   True and None, and decimals as Decimal('9.5'). No JSON reader takes such a cell, and warehouses
#   load it as plain text without a warning. Make JSON text of such columns with a stream map first.
# Version: meltanolabs-target-csv 0.5.0 (singer-sdk 0.54.9)
# Source: meltanolabs_target_csv/serialization.py: write_batch
# First seen: 2026-11-27
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
  meltanolabs-target-csv==0.5.0 singer-sdk==0.54.9

cat > input.jsonl <<'INPUT'
{"type": "SCHEMA", "stream": "events", "key_properties": ["id"], "schema": {"type": "object", "properties": {"id": {"type": "integer"}, "event_props": {"type": ["object", "null"], "additionalProperties": true}}}}
{"type": "RECORD", "stream": "events", "record": {"id": 1, "event_props": {"price": 9.5, "gift": true, "coupon": null}}}
{"type": "STATE", "value": {"id": 1}}
INPUT
status=0
venv/bin/target-csv < input.jsonl > state.txt 2> log.txt || status=$?
cell=$(venv/bin/python -c 'import csv; print(list(csv.DictReader(open("events.csv")))[0]["event_props"])')

venv/bin/pip show meltanolabs-target-csv | grep '^Version'
echo "status $status; the cell: $cell"
if [[ $status == 0 && $cell == "{'price': Decimal('9.5'), 'gift': True, 'coupon': None}" ]]; then
  echo "as described"
else
  echo "changed: the cell is not what Python prints"
  exit 1
fi
