#!/usr/bin/env bash
# Behaviour: with the newest SQLAlchemy that it allows, 2.1, dagster-postgres ends with "No module
#   named 'psycopg'" for the settings of its documentation. They make an address `postgresql://`,
#   which SQLAlchemy 2.1 opens with psycopg; the package installs psycopg2. Write postgres_url with
#   `postgresql+psycopg2://`, or install psycopg.
# Version: dagster-postgres 0.29.27 with dagster 1.13.27, SQLAlchemy 2.1.9
# Source: dagster_postgres/utils.py, get_conn_string
# First seen: 2026-11-29
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check \
  dagster==1.13.27 dagster-postgres==0.29.27 sqlalchemy==2.1.9
venv/bin/python - <<'END'
from importlib.metadata import version

for name in ("dagster-postgres", "SQLAlchemy", "psycopg2-binary"):
    print(name, version(name))
END

export DAGSTER_HOME="$work/home"
mkdir home
cat > home/dagster.yaml <<'END'
storage:
  postgres:
    postgres_db:
      hostname: 127.0.0.1
      username: dagster
      password: dagster
      db_name: dagster
      port: 1
END
venv/bin/dagster instance migrate > documented.log 2>&1 || true
documented=$(grep -o "No module named 'psycopg'" documented.log | sort -u || true)
echo "postgres_db: ${documented:-another message}"

cat > home/dagster.yaml <<'END'
storage:
  postgres:
    postgres_url: postgresql+psycopg2://dagster:dagster@127.0.0.1:1/dagster
END
venv/bin/dagster instance migrate > named.log 2>&1 || true
named=$(grep -o "psycopg2.OperationalError" named.log | sort -u || true)
echo "postgresql+psycopg2://: ${named:-another message} (nothing listens there)"

if [ -n "$documented" ] && [ -n "$named" ]; then
  echo "as described"
else
  echo "changed: look at the messages"
  exit 1
fi
