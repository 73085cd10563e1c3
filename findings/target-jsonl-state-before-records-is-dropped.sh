#!/usr/bin/env bash
# Behaviour: target-jsonl forgets a STATE as soon as a RECORD follows it, and passes on only a STATE
#   that is the last message of the run. A tap that writes its STATE between two streams is loaded in
#   full with status 0, but no STATE comes out. The next run starts from the old bookmark and appends
#   the same rows again. Send the STATE once more after the last record.
# Version: target-jsonl 0.1.4
# Source: target_jsonl.py: persist_messages
# First seen: 2026-11-27
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check target-jsonl==0.1.4

cat > input.jsonl <<'INPUT'
{"type": "SCHEMA", "stream": "events", "key_properties": ["id"], "schema": {"type": "object", "properties": {"id": {"type": "integer"}}}}
{"type": "RECORD", "stream": "events", "record": {"id": 1}}
{"type": "STATE", "value": {"bookmarks": {"events": {"day": "2026-08-01"}}}}
{"type": "SCHEMA", "stream": "profiles", "key_properties": ["id"], "schema": {"type": "object", "properties": {"id": {"type": "integer"}}}}
{"type": "RECORD", "stream": "profiles", "record": {"id": 7}}
INPUT
echo '{"do_timestamp_file": false}' > config.json
status=0
venv/bin/target-jsonl --config config.json < input.jsonl > state.txt 2> log.txt || status=$?

venv/bin/pip show target-jsonl | grep '^Version'
echo "status $status; rows: $(cat events.jsonl profiles.jsonl | tr '\n' ' ')"
echo "STATE messages sent: 1; passed on: $(wc -l < state.txt)"
if [[ $status == 0 && ! -s state.txt && $(cat events.jsonl profiles.jsonl | wc -l) == 2 ]]; then
  echo "as described"
else
  echo "changed: the STATE is passed on, or the rows are not written"
  exit 1
fi
