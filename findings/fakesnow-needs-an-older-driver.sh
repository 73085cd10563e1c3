#!/usr/bin/env bash
# Behaviour: fakesnow takes any version of Snowflake's driver, and so installs version 5. Its import then
#   ends with ModuleNotFoundError: snowflake.connector.converter, which version 5 no longer has.
#   Install snowflake-connector-python<5 with it.
# Version: fakesnow 0.12.1 with snowflake-connector-python 5.2.0
# Source: fakesnow/cursor.py; fakesnow's metadata: Requires-Dist: snowflake-connector-python
# First seen: 2026-11-26
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
install() { venv/bin/pip install --quiet --no-compile --disable-pip-version-check fakesnow==0.12.1 "$1"; }
asked() {
  venv/bin/python -c '
import fakesnow, snowflake.connector
with fakesnow.patch():
    print(snowflake.connector.connect(database="d", schema="s").cursor().execute("select 1").fetchall())' 2>&1 | tail -n 1
}
install snowflake-connector-python==5.2.0
with_5=$(asked || true)
venv/bin/pip show fakesnow snowflake-connector-python | grep '^Version'
venv/bin/pip check
install 'snowflake-connector-python<5'
with_4=$(asked || true)

echo "with version 5: $with_5"
echo "with version 4: $with_4"
if [[ $with_5 == "ModuleNotFoundError: No module named 'snowflake.connector.converter'" && $with_4 == "[(1,)]" ]]; then
  echo "as described"
else
  echo "changed: fakesnow runs with version 5"
  exit 1
fi
