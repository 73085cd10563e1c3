"""A DAG for each pipeline of each CleverTap project in `projects.yml`.

Not one DAG with a mapped task: Airflow ignores `pool` in `expand`, all mapped tasks would be in
one pool. And one slow project would hold up the next run of all.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from airflow.sdk import DAG, CronTriggerTimetable, get_parsing_context, task
from clevertap_alerts import failed, succeeded
from clevertap_operator import PipelineOperator
from clevertap_pools import ensure_pool
from clevertap_projects import Pipeline, Projects, read_projects
from pendulum import timezone

LIST = Path(__file__).with_name("projects.yml")
LONGEST_RUN = timedelta(hours=6)
LONGEST_PAUSE = timedelta(minutes=30)


@task(task_id="pool", retries=3, retry_delay=timedelta(seconds=20), on_failure_callback=failed)
def pool_is_there(name: str) -> None:
    """Make the pool, or fail with advice."""
    ensure_pool(name)


def make_dag(name: str, pipeline: Pipeline, projects: Projects) -> DAG:
    """Return the DAG of one pipeline."""
    zone = timezone(pipeline.timezone)
    with DAG(
        name,
        schedule=CronTriggerTimetable(pipeline.schedule, timezone=zone),
        start_date=datetime(2026, 1, 1, tzinfo=zone),
        catchup=False,  # the tap's own bookmark knows what is missing
        max_active_runs=1,
        tags=["clevertap", pipeline.project, pipeline.job],
    ) as dag:
        run = PipelineOperator(
            task_id="run",
            pipeline=pipeline,
            pool=pipeline.pool,
            execution_timeout=LONGEST_RUN,
            retries=projects.retries,
            retry_delay=timedelta(seconds=projects.first_retry_seconds),
            retry_exponential_backoff=2,
            max_retry_delay=LONGEST_PAUSE,
            on_failure_callback=failed,
            on_success_callback=succeeded,
        )
        pool_is_there(pipeline.pool) >> run
    return dag


PROJECTS = read_projects(LIST)
WANTED = get_parsing_context().dag_id  # a task needs only its own DAG; None: all
for each in PROJECTS.pipelines:
    dag_id = f"clevertap.{each.project}.{each.job}"
    if WANTED in {None, dag_id}:
        globals()[dag_id] = make_dag(dag_id, each, PROJECTS)
