#!/usr/bin/env bash
# Behaviour: binary_join_element_wise joins the strings of each row. With null_handling="skip" it
#   leaves a row out whose strings are all null: the result is shorter than the columns, with no
#   error, and all later values belong to other rows. A first column of empty strings avoids it.
# Version: pyarrow 26.0.1
# Source: Arrow documentation, "Compute Functions": element-wise functions return a value for each row
# First seen: 2026-11-29
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check pyarrow==26.0.1

seen=$(venv/bin/python - <<'PYTHON'
import pyarrow as pa
import pyarrow.compute as pc

first = pa.array(["a", None, "b"])
second = pa.array(["1", None, None])
empty = pa.array(["", "", ""])
skipped = pc.binary_join_element_wise(first, second, ",", null_handling="skip")
print("skip", len(skipped), *skipped.to_pylist())
with_first = pc.binary_join_element_wise(empty, first, second, ",", null_handling="skip")
print("skip, an empty string first", len(with_first), *map(repr, with_first.to_pylist()))
PYTHON
)

venv/bin/pip show pyarrow | grep '^Version'
echo "$seen"
expected=$'skip 2 a,1 b\nskip, an empty string first 3 \',a,1\' \'\' \',b\''
if [[ $seen == "$expected" ]]; then
  echo "as described"
else
  echo "changed: each row has a value, or others are left out"
  exit 1
fi
