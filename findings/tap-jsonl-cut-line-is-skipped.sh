#!/usr/bin/env bash
# Behaviour: tap-jsonl skips a line that is not a JSON object, with a warning, and ends with status 0.
#   Its STATE passes the file. So a file that a full disk or a cut transfer left without its end loads
#   short, with success. Here the third of three rows is cut. tap-jsonfile does the same without a
#   warning. Write files under another name, rename them when they are whole, and check their lines
#   before the tap.
# Version: tap-jsonl 0.3.1, tap-jsonfile 0.1.2
# Source: tap_jsonl/client.py: iter_jsonl_file; tap_jsonfile/client.py: parse_json_content
# First seen: 2026-11-29
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
python3 -m venv other
venv/bin/pip install --quiet --no-compile --disable-pip-version-check tap-jsonl==0.3.1
other/bin/pip install --quiet --no-compile --disable-pip-version-check tap-jsonfile==0.1.2

printf '{"id": %d, "plan": "gold"}\n' 1 2 3 > whole.jsonl
head -c -10 whole.jsonl > cut.jsonl
for name in whole cut; do
  echo "{\"path\": \"$work/$name.jsonl\", \"primary_keys\": [\"id\"]}" > "$name.json"
  echo "{\"paths\": [\"$work/$name.jsonl\"], \"key_properties\": [\"id\"]}" > "$name.other.json"
  status=0
  venv/bin/tap-jsonl --config "$name.json" > "$name.out" 2> "$name.log" || status=$?
  other/bin/tap-jsonfile --config "$name.other.json" > "$name.other.out" 2> "$name.other.log" ||
    status=$?
  echo "$name: status $status," \
    "rows of tap-jsonl $(grep -c '"RECORD"' "$name.out" || true)," \
    "of tap-jsonfile $(grep -c '"RECORD"' "$name.other.out" || true)" | tee -a seen
done
venv/bin/pip show tap-jsonl | grep '^Version'
other/bin/pip show tap-jsonfile | grep '^Version'
grep -h -m 1 'Skipping invalid' cut.log || true
tail -n 1 cut.out
if [[ $(< seen) == "whole: status 0, rows of tap-jsonl 3, of tap-jsonfile 3
cut: status 0, rows of tap-jsonl 2, of tap-jsonfile 2" ]] && tail -n 1 cut.out | grep -q '"STATE"'
then
  echo "as described"
else
  echo "changed: the cut line is read, or fails the run"
  exit 1
fi
