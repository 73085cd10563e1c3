#!/usr/bin/env bash
# Behaviour: fastparquet reads map columns without an error and without their values. Of a map of
#   structs it returns the list of the keys; of a map of texts without dictionary encoding, as Spark
#   writes it, it returns None. All event properties are gone in silence.
#   Read partner exports with pyarrow, DuckDB or polars.
# Version: fastparquet 2026.9.0 (files written by pyarrow 26.0.1)
# Source: fastparquet/core.py: read_col
# First seen: 2026-11-27
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check \
  fastparquet==2026.9.0 pandas==3.1.1 pyarrow==26.0.1

seen=$(venv/bin/python - <<'PYTHON'
import fastparquet
import pyarrow
import pyarrow.parquet

struct = pyarrow.struct([("number", pyarrow.int64()), ("text", pyarrow.string())])
cases = {
    "map of structs": (struct, {"number": 7, "text": None}, True),
    "map of texts": (pyarrow.string(), "7", False),
}
for name, (kind, value, dictionary) in cases.items():
    column = pyarrow.array([[("order_id", value)]], pyarrow.map_(pyarrow.string(), kind))
    pyarrow.parquet.write_table(pyarrow.table({"props": column}), "events.parquet", use_dictionary=dictionary)
    print(name, "->", fastparquet.ParquetFile("events.parquet").to_pandas()["props"].tolist())
PYTHON
)

venv/bin/pip show fastparquet | grep '^Version'
echo "$seen"
if [[ $seen == $'map of structs -> [[\'order_id\']]\nmap of texts -> [None]' ]]; then
  echo "as described"
else
  echo "changed: fastparquet returns the values, or refuses the column"
  exit 1
fi
