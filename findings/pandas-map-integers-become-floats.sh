#!/usr/bin/env bash
# Behaviour: a Parquet map whose values are structs, as partner exports use for event properties, loses
#   its integers in pandas: 9007199254740993 arrives as 9007199254740992.0 when the same member is null
#   for another key of the row. pyarrow's own to_pylist() gives the exact integer. No warning.
#   Read such columns with pyarrow, or cast the member to text before to_pandas().
# Version: pandas 3.1.1, pyarrow 26.0.1
# Source: pandas/io/parquet.py: read_parquet; pyarrow documentation of Table.to_pandas
# First seen: 2026-11-27
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check pandas==3.1.1 pyarrow==26.0.1

seen=$(venv/bin/python - <<'PYTHON'
import pandas
import pyarrow
import pyarrow.parquet

kind = pyarrow.map_(pyarrow.string(), pyarrow.struct([("number", pyarrow.int64()), ("text", pyarrow.string())]))
rows = [[("order_id", {"number": 9007199254740993, "text": None}), ("city", {"number": None, "text": "Pune"})]]
pyarrow.parquet.write_table(pyarrow.table({"props": pyarrow.array(rows, kind)}), "events.parquet")
for frame in (
    pyarrow.parquet.read_table("events.parquet").to_pylist()[0]["props"],
    pandas.read_parquet("events.parquet")["props"][0],
):
    print(repr(dict(frame)["order_id"]["number"]))
PYTHON
)

venv/bin/pip show pandas pyarrow | grep '^Version'
echo "pyarrow, then pandas:"
echo "$seen"
if [[ $seen == $'9007199254740993\n9007199254740992.0' ]]; then
  echo "as described"
else
  echo "changed: pandas keeps the integer"
  exit 1
fi
