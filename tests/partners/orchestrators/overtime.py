"""A task of `examples/airflow` under the clock that Airflow's task runner sets for it.

python overtime.py PIPELINE_AS_JSON SECONDS
"""

from __future__ import annotations

import json
import sys

from airflow.sdk.execution_time.timeout import timeout
from clevertap_operator import PipelineOperator
from clevertap_projects import Pipeline

_, pipeline, seconds = sys.argv
task = PipelineOperator(task_id="run", pipeline=Pipeline(**json.loads(pipeline)))
with timeout(float(seconds)):
    task.execute({})
