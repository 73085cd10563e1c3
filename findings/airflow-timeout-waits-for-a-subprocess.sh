#!/usr/bin/env bash
# Behaviour: execution_timeout does not end a subprocess that an operator's execute waits for in a
#   with block of subprocess.Popen. Airflow raises its error inside execute, and calls on_kill
#   after execute has ended. Leaving the block waits for the process without a limit. So on_kill
#   comes too late, and a process that hangs keeps its task, and its pool's slot, for ever.
#   End the process in execute, in an except block for BaseException.
# Version: apache-airflow 3.3.2
# Source: airflow/sdk/execution_time/task_runner.py, where AirflowTaskTimeout is caught around execute
# First seen: 2026-11-29
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export AIRFLOW_HOME="$work" AIRFLOW__CORE__LOAD_EXAMPLES=False AIRFLOW__CORE__DAGS_FOLDER="$work/dags"
export EVENTS="$work/events.log"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check apache-airflow==3.3.2
venv/bin/python -c 'from importlib.metadata import version; print("apache-airflow", version("apache-airflow"))'

mkdir dags
cat > dags/slow.py <<'END'
import os
import subprocess
from datetime import timedelta

from airflow.sdk import DAG, BaseOperator


def note(event):
    with open(os.environ["EVENTS"], "a") as file:
        print(event, file=file)


class Waits(BaseOperator):
    def execute(self, context):
        with subprocess.Popen(["sleep", "15"], stdout=subprocess.PIPE) as self.process:
            try:
                self.process.stdout.read()
            except BaseException as error:
                note(f"raised inside execute: {type(error).__name__}")
                raise

    def on_kill(self):
        status = "has ended by itself" if self.process.poll() == 0 else "is still running"
        note(f"on_kill: the process {status}")


with DAG("slow", schedule=None):
    Waits(task_id="waits", execution_timeout=timedelta(seconds=3))
END
PATH="$work/venv/bin:$PATH"
airflow db migrate > migrate.log 2>&1
airflow dags reserialize > reserialize.log 2>&1
airflow dags test slow > run.log 2>&1 || true  # the task fails, as it should

found=$(cat "$EVENTS")
echo "$found"
expected="raised inside execute: AirflowTaskTimeout
on_kill: the process has ended by itself"
if [ "$found" = "$expected" ]; then
  echo "as described"
else
  echo "changed: the process is ended when the time is over"
  exit 1
fi
