#!/usr/bin/env bash
# Behaviour: tap-spreadsheets passes an Excel file over when its entry names no `worksheet`, though
#   the setting is optional. The log has a warning, the stream has no columns and no rows, and the exit
#   status is 0. Name the worksheet.
# Version: tap-spreadsheets 1.1.2
# Source: `tap-spreadsheets --about`, setting files.worksheet, "Worksheet index or name (Excel only)", not required
# First seen: 2026-11-27
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check tap-spreadsheets==1.1.2

venv/bin/python - <<'PYTHON'
import openpyxl
book = openpyxl.Workbook()
for row in (["id", "plan"], ["a", "gold"], ["b", "free"]):
    book.active.append(row)
book.save("people.xlsx")
PYTHON
entry='"path": "people.xlsx", "format": "excel", "table_name": "people", "primary_keys": ["id"]'
echo "{\"files\": [{$entry}]}" > unnamed.json
echo "{\"files\": [{$entry, \"worksheet\": \"Sheet\"}]}" > named.json
status=0
venv/bin/tap-spreadsheets --config unnamed.json > unnamed.singer 2> unnamed.log || status=$?
venv/bin/tap-spreadsheets --config named.json > named.singer 2> named.log
unnamed=$(grep -c '"RECORD"' unnamed.singer || true)
named=$(grep -c '"RECORD"' named.singer || true)

venv/bin/pip show tap-spreadsheets | grep '^Version'
echo "without worksheet: $unnamed of 2 rows, exit status $status"
grep -m 1 'Skipping file' unnamed.log || true
echo "with worksheet:    $named of 2 rows"
if [[ $unnamed == 0 && $status == 0 && $named == 2 ]]; then
  echo "as described"
else
  echo "changed: the rows are read, or the run fails"
  exit 1
fi
