#!/usr/bin/env bash
# Behaviour: when a new property appears as a member of a struct in a later Parquet file, pyarrow and
#   DuckDB read the folder with the type of the first file. The new member is not in the result at all,
#   with no error and no warning. A new top-level column is known to need union_by_name; a new member
#   needs it too. Read file by file, or use union_by_name=true in DuckDB.
# Version: pyarrow 26.0.1, duckdb 2.0.1
# Source: pyarrow/parquet/core.py: read_table; DuckDB documentation, "Combining Schemas"
# First seen: 2026-11-27
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check duckdb==2.0.1 pyarrow==26.0.1

seen=$(venv/bin/python - <<'PYTHON'
import os
import duckdb
import pyarrow
import pyarrow.parquet

os.mkdir("export")
for number, props in enumerate([{"plan": "gold"}, {"plan": "free", "coupon": "SAVE"}]):
    pyarrow.parquet.write_table(pyarrow.table({"props": [props]}), f"export/{number}.parquet")
print("pyarrow", [row["props"] for row in pyarrow.parquet.read_table("export").to_pylist()])
print("duckdb ", [row[0] for row in duckdb.sql("from 'export/*.parquet'").fetchall()])
union = duckdb.sql("from read_parquet('export/*.parquet', union_by_name = true)").fetchall()
print("union  ", [row[0] for row in union])
PYTHON
)

venv/bin/pip show pyarrow duckdb | grep '^Version'
echo "$seen"
lost="[{'plan': 'gold'}, {'plan': 'free'}]"
if [[ $seen == *"pyarrow $lost"*"duckdb  $lost"*"'coupon': 'SAVE'"* ]]; then
  echo "as described"
else
  echo "changed: the new member is read, or refused"
  exit 1
fi
