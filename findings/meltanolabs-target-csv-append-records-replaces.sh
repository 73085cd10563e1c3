#!/usr/bin/env bash
# Behaviour: the setting `overwrite_behavior` of meltanolabs-target-csv is `append_records` by default,
#   yet each run opens the file anew and the rows of earlier runs are gone. An incremental pipeline
#   keeps only the rows of its last run, with status 0. Put `{timestamp}` into `file_naming_scheme`.
# Version: meltanolabs-target-csv 0.5.0 (singer-sdk 0.54.9)
# Source: meltanolabs_target_csv/serialization.py: write_header;
#   the promise is the description of `overwrite_behavior` in meltanolabs_target_csv/target.py
# First seen: 2026-11-27
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
  meltanolabs-target-csv==0.5.0 singer-sdk==0.54.9

schema='{"type": "SCHEMA", "stream": "events", "key_properties": ["id"], "schema": {"type": "object", "properties": {"id": {"type": "integer"}}}}'
echo '{"overwrite_behavior": "append_records"}' > config.json
statuses=
for id in 1 2; do
  printf '%s\n' "$schema" \
    "{\"type\": \"RECORD\", \"stream\": \"events\", \"record\": {\"id\": $id}}" \
    "{\"type\": \"STATE\", \"value\": {\"id\": $id}}" |
    venv/bin/target-csv --config config.json > state.txt 2> log.txt && statuses+=ok
done

venv/bin/pip show meltanolabs-target-csv | grep '^Version'
echo "two runs of one row each; the file after them: $(tr -d '\r' < events.csv | tr '\n' ' ')"
if [[ $statuses == okok && $(tr -d '\r' < events.csv | tr '\n' ' ') == 'id 2 ' ]]; then
  echo "as described"
else
  echo "changed: the row of the first run is kept, or a run failed"
  exit 1
fi
