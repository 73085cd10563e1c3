"""A Dagster job, and its schedule, for each pipeline of each CleverTap project in `projects.yml`.

The list and its reader are those of `examples/airflow`, as is the program that runs a pipeline.
"""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

from clevertap_projects import KEPT, Pipeline, read_projects
from dagster import (
    Backoff,
    DefaultScheduleStatus,
    Definitions,
    Failure,
    JobDefinition,
    MetadataValue,
    OpExecutionContext,
    RetryPolicy,
    ScheduleDefinition,
    job,
    op,
)

HOME = os.environ.get("CLEVERTAP_HOME", "/opt/clevertap")
DATA = os.environ.get("CLEVERTAP_DATA", "/data")
LIST = Path(os.environ.get("CLEVERTAP_LIST", Path(__file__).with_name("projects.yml")))
REJECTS, WRONG_CALL = 3, 2
PROJECTS = read_projects(LIST)
RETRIES = RetryPolicy(
    max_retries=PROJECTS.retries,
    delay=PROJECTS.first_retry_seconds,
    backoff=Backoff.EXPONENTIAL,
)


def plain(name: str) -> str:
    """Return a name of letters, digits and `_`, as Dagster wants it."""
    return re.sub(r"[^A-Za-z0-9]", "_", name)


def make_job(pipeline: Pipeline) -> JobDefinition:
    """Return the job of one pipeline."""
    name = plain(f"{pipeline.project}_{pipeline.job}")

    @op(name=f"run_{name}", retry_policy=RETRIES)
    def run(context: OpExecutionContext) -> None:
        found = run_pipeline(pipeline, context)
        context.add_output_metadata({"summary": MetadataValue.json(found)})

    @job(name=name, tags={"project": pipeline.project})
    def whole() -> None:
        run()

    return whole


def run_pipeline(pipeline: Pipeline, context: OpExecutionContext) -> dict[str, Any]:
    """Run one pipeline to its end; only failures that can pass by themselves are tried again.

    Runs of one account and direction take turns by the program, not by a pool of Dagster.
    """
    where = ["--name", pipeline.project, "--project", f"{HOME}/project", "--data", DATA]
    where += ["--turn", pipeline.pool]
    with subprocess.Popen(  # noqa: S603 - a program and names of the operator's own
        [f"{HOME}/run_pipeline.py", pipeline.job, *where],
        env=environment(pipeline),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        try:
            found = read_log(process, context)
        except BaseException:  # Dagster ends the step: the program ends first
            process.terminate()
            read_log(process, context)
            raise
    status = process.returncode
    if status:
        message = f"{pipeline.project}, {pipeline.job}: exit status {status}; see the log"
        raise Failure(
            message,
            metadata={"summary": MetadataValue.json(found)},
            allow_retries=status not in {REJECTS, WRONG_CALL},
        )
    return found


def read_log(process: subprocess.Popen[str], context: OpExecutionContext) -> dict[str, Any]:
    """Log what the program prints, to its end, and return its summary."""
    found: dict[str, Any] = {}
    for line in process.stdout or ():
        context.log.info(line.rstrip())
        if line.startswith("summary: "):
            found = json.loads(line.removeprefix("summary: "))
    return found


def environment(pipeline: Pipeline) -> dict[str, str]:
    """Return what the program may know: its own settings and secrets, and not those of others.

    The secret of the connection `clevertap_shop_in` is in the variable `CLEVERTAP_SHOP_IN`.
    """
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    kept["PATH"] = f"{HOME}/venv/bin:{os.environ['PATH']}"
    secrets = {name: secret(connection.upper()) for name, connection in pipeline.secrets.items()}
    return {**kept, **pipeline.environment, **secrets}


def secret(variable: str) -> str:
    """Return the value of a variable, which must be there."""
    if not os.environ.get(variable):
        message = f"{variable} is not set; give it the passcode or password"
        raise Failure(message, allow_retries=False)
    return os.environ[variable]


JOBS = [make_job(each) for each in PROJECTS.pipelines]
DEFINITIONS = Definitions(
    jobs=JOBS,
    schedules=[
        ScheduleDefinition(
            job=made,
            cron_schedule=each.schedule,
            execution_timezone=each.timezone,
            default_status=DefaultScheduleStatus.RUNNING,
        )
        for each, made in zip(PROJECTS.pipelines, JOBS, strict=True)
    ],
)
