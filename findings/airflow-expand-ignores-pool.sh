#!/usr/bin/env bash
# Behaviour: expand(pool=[…]) of a mapped task is accepted, and every mapped task goes into
#   default_pool. What a pool for each account, database or host should keep apart runs at once.
#   Give one pool to all in partial(), or make a task, or a DAG, for each.
# Version: apache-airflow 3.3.2
# Source: airflow/sdk/definitions/mappedoperator.py, MappedOperator.pool reads partial_kwargs alone
# First seen: 2026-11-29
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export AIRFLOW_HOME="$work" AIRFLOW__CORE__LOAD_EXAMPLES=False AIRFLOW__CORE__DAGS_FOLDER="$work/dags"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check apache-airflow==3.3.2
venv/bin/python -c 'from importlib.metadata import version; print("apache-airflow", version("apache-airflow"))'

mkdir dags
cat > dags/pools.py <<'END'
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

with DAG("pools", schedule=None):
    expanded = BashOperator.partial(task_id="expanded", bash_command="true")
    expanded.expand(pool=["shop-in", "shop-eu"])
    same = BashOperator.partial(task_id="same", pool="shop-in")
    same.expand(bash_command=["true", "true"])
END
PATH="$work/venv/bin:$PATH"
airflow db migrate > migrate.log 2>&1
airflow pools set shop-in 1 one > pools.log 2>&1
airflow pools set shop-eu 1 one >> pools.log 2>&1
airflow dags reserialize > reserialize.log 2>&1
airflow dags test pools > run.log 2>&1

found=$(venv/bin/python - <<'END'
import sqlite3

query = "select task_id, map_index, pool from task_instance order by 1, 2"
with sqlite3.connect("airflow.db") as database:
    for task, index, pool in database.execute(query):
        print(f"{task}[{index}] {pool}")
END
)
echo "$found"
expected="expanded[0] default_pool
expanded[1] default_pool
same[0] shop-in
same[1] shop-in"
if [ "$found" = "$expected" ]; then
  echo "as described"
else
  echo "changed: the mapped tasks are in other pools"
  exit 1
fi
