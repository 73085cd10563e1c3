#!/usr/bin/env bash
# Behaviour: DuckDB guesses types from the first 20,480 rows of a CSV or JSON file. A later value that
#   can be cast is changed in silence: the post code 007 becomes 7, 1.5 and 2.75 are rounded, a phone
#   loses its +, and in JSON the number 7 becomes true. Only what cannot be cast is an error.
#   Read with all_varchar = true, or name the types (`types`, `columns`), or set sample_size = -1.
# Version: duckdb 2.0.1
# Source: DuckDB documentation, "CSV Auto Detection" and "Loading JSON" (sample_size)
# First seen: 2026-11-27
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check duckdb==2.0.1

seen=$(venv/bin/python - <<'PYTHON'
import json
import duckdb

with open("orders.csv", "w") as file:
    file.write("id,zip,quantity,phone\n")
    file.writelines(f"{n},{n % 90 + 10},{n % 9},{9100000000 + n}\n" for n in range(25000))
    file.write("25000,007,1.5,+919812345678\n")
with open("orders.json", "w") as file:
    file.writelines(json.dumps({"id": n, "quantity": n % 9, "vip": True}) + "\n" for n in range(25000))
    file.write('{"id": 25000, "quantity": 2.75, "vip": 7}\n')
for name in ("orders.csv", "orders.json"):
    print(name, duckdb.sql(f"from '{name}' where id = 25000").fetchall())
PYTHON
)

venv/bin/pip show duckdb | grep '^Version'
echo "in the files: 007, 1.5, +919812345678 and 2.75, 7"
echo "$seen"
if [[ $seen == $'orders.csv [(25000, 7, 2, 919812345678)]\norders.json [(25000, 3, True)]' ]]; then
  echo "as described"
else
  echo "changed: the late values are kept, or refused"
  exit 1
fi
