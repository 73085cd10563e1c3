#!/usr/bin/env bash
# Behaviour: DuckDB's JSON reader takes a text that looks like a UUID for the type UUID, which prints in
#   lower case. A user id in upper case, as iOS makes them, leaves DuckDB as another text: joins with
#   other systems fail, and a customer platform that compares exactly makes a second user. The CSV
#   reader keeps the same text. Name the column's type (columns = {identity: 'VARCHAR'}).
# Version: duckdb 2.0.1
# Source: DuckDB documentation, "Loading JSON" (detection of types) and "UUID Type"
# First seen: 2026-11-27
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check duckdb==2.0.1

id=3F2504E0-4F89-11D3-9A0C-0305E82C3301
echo "{\"identity\": \"$id\"}" > users.json
printf 'identity\n%s\n' "$id" > users.csv
seen=$(venv/bin/python - <<'PYTHON'
import duckdb
for name in ("users.json", "users.csv"):
    print(*duckdb.sql(f"select typeof(identity), identity::varchar from '{name}'").fetchall()[0])
PYTHON
)

venv/bin/pip show duckdb | grep '^Version'
echo "in both files: $id; JSON, then CSV:"
echo "$seen"
if [[ $seen == "UUID ${id,,}"$'\n'"VARCHAR $id" ]]; then
  echo "as described"
else
  echo "changed: the case is kept"
  exit 1
fi
