#!/usr/bin/env bash
# Behaviour: get_json_object and json_tuple of Spark return text, and integers of any size as they
#   are. But they round a decimal to the nearest double: 0.1234567890123456789 becomes
#   0.12345678901234568, and 1e400 becomes the text Infinity in quotes. from_json with the type
#   decimal(38, 19) keeps all digits. It needs Java 17 or newer.
# Version: pyspark 4.3.0
# Source: Spark's API documentation of get_json_object: "return json string of the extracted json
#   object"
# First seen: 2026-11-29
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check pyspark==4.3.0

cat > ask.py <<'PYTHON'
from pyspark.sql import SparkSession

ROW = '{"id": 12345678901234567890123, "price": 0.1234567890123456789, "far": 1e400}'
spark = (
    SparkSession.builder.master("local[1]")
    .config("spark.ui.enabled", "false")
    .config("spark.driver.bindAddress", "127.0.0.1")
    .config("spark.driver.host", "127.0.0.1")
    .getOrCreate()
)
for label, expression in {
    "id": f"get_json_object('{ROW}', '$.id')",
    "price": f"get_json_object('{ROW}', '$.price')",
    "far": f"get_json_object('{ROW}', '$.far')",
    "decimal": f"cast(from_json('{ROW}', 'price decimal(38, 19)').price as string)",
}.items():
    print(label, spark.sql(f"select {expression}").collect()[0][0])
PYTHON
seen=$(venv/bin/python ask.py 2> log.txt || tail -n 3 log.txt)

venv/bin/pip show pyspark | grep '^Version'
echo "in the row: 12345678901234567890123, 0.1234567890123456789 and 1e400"
echo "$seen"
expected=$'id 12345678901234567890123\nprice 0.12345678901234568\nfar "Infinity"\ndecimal 0.1234567890123456789'
if [[ $seen == "$expected" ]]; then
  echo "as described"
else
  echo "changed: decimals have their digits, or Spark did not run"
  exit 1
fi
