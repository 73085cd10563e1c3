#!/usr/bin/env bash
# Behaviour: through fakesnow's server, a null in a TIMESTAMP column is returned as 1970-01-01 00:00,
#   although `is null` is true of it, and a null DATE stays null. Without the server, inside the
#   process, the same statement returns None. Select such a column with `is null`, or as text.
# Version: fakesnow 0.12.1 with snowflake-connector-python 4.8.1
# Source: fakesnow/arrow.py: timestamp_to_sf_struct, whose structs have no nulls of their own
# First seen: 2026-11-28
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile --disable-pip-version-check 'fakesnow[server]==0.12.1' snowflake-connector-python==4.8.1

cat > ask.py <<'PYTHON'
import sys

import fakesnow
import snowflake.connector

STATEMENT = "select null::timestamp_ntz, null::timestamp_ntz is null, null::date"


def asked(**address):
    connection = snowflake.connector.connect(database="d", schema="s", **address)
    return [str(each) for each in connection.cursor().execute(STATEMENT).fetchone()]


if sys.argv[1] == "server":
    with fakesnow.server() as address:
        print(asked(**address))
else:
    with fakesnow.patch():
        print(asked())
PYTHON
by_server=$(venv/bin/python ask.py server 2> server.txt | grep "^\[")  # without the log of the server
inside=$(venv/bin/python ask.py patch)

venv/bin/pip show fakesnow snowflake-connector-python | grep '^Version'
echo "through the server: $by_server"
echo "inside the process: $inside"
if [[ $by_server == "['1970-01-01 00:00:00', 'True', 'None']" && $inside == "['None', 'True', 'None']" ]]; then
  echo "as described"
else
  echo "changed: the server returns null timestamps as None"
  exit 1
fi
