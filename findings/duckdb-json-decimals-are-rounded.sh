#!/usr/bin/env bash
# Behaviour: a JSON value of DuckDB is text, and integers of any size come out of it as they are. But
#   -> and ->> round a decimal to the nearest double, text before and after: 0.1234567890123456789
#   becomes 0.12345678901234568, with no error. from_json with the type DECIMAL(38, 19) keeps all
#   digits.
# Version: duckdb 2.0.1
# Source: DuckDB documentation, "JSON Type": a JSON value is stored as VARCHAR, and -> extracts of it
# First seen: 2026-11-29
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check duckdb==2.0.1

seen=$(venv/bin/python - <<'PYTHON'
import duckdb

ROW = '{"id": 12345678901234567890123, "price": 0.1234567890123456789}'
for label, expression in {
    "id": "$1::json ->> 'id'",
    "price": "$1::json ->> 'price'",
    "decimal": """from_json($1, '{"price": "DECIMAL(38, 19)"}').price::varchar""",
}.items():
    print(label, *duckdb.execute(f"select {expression}", [ROW]).fetchone())
PYTHON
)

venv/bin/pip show duckdb | grep '^Version'
echo "in the row: 12345678901234567890123 and 0.1234567890123456789"
echo "$seen"
expected=$'id 12345678901234567890123\nprice 0.12345678901234568\ndecimal 0.1234567890123456789'
if [[ $seen == "$expected" ]]; then
  echo "as described"
else
  echo "changed: decimals have their digits, or integers have not"
  exit 1
fi
