#!/usr/bin/env bash
# Behaviour: target-duckdb writes each batch into a CSV file without a header, and loads it by a COPY
#   that leaves DuckDB to guess. DuckDB takes the first row for a header where all columns look
#   like text, so the first row of each batch is lost: of three rows two arrive, with status 0
#   and the STATE. Of streams that hold only text this is so with duckdb 1.1.3 too; with newer ones
#   also of streams with text and date-times. A column of numbers prevents it.
# Version: target-duckdb 0.8.0 with duckdb 2.0.1 and 1.1.3
# Source: target_duckdb/db_sync.py: load_rows, whose COPY gives no `header`; DuckDB documentation,
#   "CSV Auto Detection": Header Detection
# First seen: 2026-11-26
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
install() { venv/bin/pip install --quiet --no-compile --disable-pip-version-check "$@"; }
install target-duckdb==0.8.0 duckdb==2.0.1

venv/bin/python - > input.jsonl <<'PYTHON'
import json

TEXT, TIME, NUMBER = {"type": "string"}, {"type": "string", "format": "date-time"}, {"type": "integer"}
for stream, kind, values in (
    ("words", TEXT, ("Tea", "Coffee", "Milk")),
    ("times", TIME, ("2026-08-01T10:00:00Z", "2026-08-01T11:00:00Z", "2026-08-01T12:00:00Z")),
    ("numbers", NUMBER, (1, 2, 3)),
):
    schema = {"type": "object", "properties": {"id": TEXT, "value": kind}}
    print(json.dumps({"type": "SCHEMA", "stream": stream, "key_properties": ["id"], "schema": schema}))
    for number, value in enumerate(values, 1):
        record = {"id": f"r{number}", "value": value}
        print(json.dumps({"type": "RECORD", "stream": stream, "record": record}))
print(json.dumps({"type": "STATE", "value": {"bookmarks": {}}}))
PYTHON
echo '{"path": "warehouse.duckdb", "default_target_schema": "main"}' > config.json
loaded() {
  rm -f warehouse.duckdb
  status=0
  venv/bin/target-duckdb --config config.json < input.jsonl > state.txt 2> log.txt || status=$?
  venv/bin/python -c '
import duckdb, sys
warehouse = duckdb.connect("warehouse.duckdb")
count = {name: warehouse.sql(f"select count(*) from {name}").fetchall()[0][0] for name in sys.argv[2:]}
print("status", sys.argv[1] + ",", "rows loaded of three:", count)' "$status" words times numbers
}

newer=$(loaded)
install duckdb==1.1.3
older=$(loaded)

venv/bin/pip show target-duckdb | grep '^Version'
echo "with duckdb 2.0.1: $newer"
echo "with duckdb 1.1.3: $older"
if [[ $newer == "status 0, rows loaded of three: {'words': 2, 'times': 2, 'numbers': 3}" &&
  $older == "status 0, rows loaded of three: {'words': 2, 'times': 3, 'numbers': 3}" ]]; then
  echo "as described"
else
  echo "changed: every first row is loaded, or the run fails"
  exit 1
fi
