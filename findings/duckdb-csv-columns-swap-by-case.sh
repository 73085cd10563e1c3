#!/usr/bin/env bash
# Behaviour: two CSV files have the columns Amount and amount, in a different order. With
#   union_by_name=true DuckDB compares names without their case and renames the second one of each
#   file to amount_1, so the values of the second file change places. There is no error. Rename one
#   of the columns, or read the files one by one and compare their headers yourself.
# Version: duckdb 2.0.1
# Source: DuckDB documentation, "Combining Schemas": union_by_name matches columns by their names
# First seen: 2026-11-29
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check duckdb==2.0.1

seen=$(venv/bin/python - <<'PYTHON'
import os
import duckdb

for folder, names in {"one": "Price,amount", "two": "Amount,amount"}.items():
    first, second = names.split(",")
    os.mkdir(folder)
    with open(f"{folder}/1.csv", "w") as file:
        file.write(f"id,{first},{second}\n1,100,3\n")
    with open(f"{folder}/2.csv", "w") as file:
        file.write(f"id,{second},{first}\n2,3,100\n")
    read = duckdb.sql(f"from read_csv('{folder}/*.csv', union_by_name = true) order by id")
    print(names, read.columns, read.fetchall())
PYTHON
)

venv/bin/pip show duckdb | grep '^Version'
echo "in both files of each pair: the first is 100, the second 3"
echo "$seen"
kept="Price,amount ['id', 'Price', 'amount'] [(1, 100, 3), (2, 100, 3)]"
swapped="Amount,amount ['id', 'Amount', 'amount_1'] [(1, 100, 3), (2, 3, 100)]"
if [[ $seen == "$kept"$'\n'"$swapped" ]]; then
  echo "as described"
else
  echo "changed: the values stay in their columns, or are refused"
  exit 1
fi
