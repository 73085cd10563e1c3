"""The task that runs a pipeline, and gives it its secrets: in the environment of its process."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator, Connection
from airflow.sdk.exceptions import AirflowException, AirflowFailException
from clevertap_projects import KEPT

if TYPE_CHECKING:
    from airflow.sdk import Context
    from clevertap_projects import Pipeline

HOME = os.environ.get("CLEVERTAP_HOME", "/opt/clevertap")
DATA = os.environ.get("CLEVERTAP_DATA", "/data")
NO_RETRY = {
    2: "the call of run_pipeline.py is wrong; see the log",
    3: "records were rejected, all others are delivered; see the rejects file in the folder",
}
END_SECONDS = 120


class PipelineOperator(BaseOperator):
    """Run one pipeline; only failures that can pass by themselves are tried again."""

    def __init__(self, *, pipeline: Pipeline, **options: Any) -> None:  # noqa: ANN401 - those of Airflow
        super().__init__(**options)
        self.job, self.project = pipeline.job, pipeline.project
        self.environment, self.secrets = pipeline.environment, pipeline.secrets
        self._process: subprocess.Popen[str] | None = None

    def execute(self, context: Context) -> dict[str, Any]:
        """Run it to its end; return the summary of its receipt or report."""
        with subprocess.Popen(  # noqa: S603 - a program and names of the operator's own
            self._command(),
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as self._process:
            try:
                found = self._read_log(self._process)
            except BaseException:  # execution_timeout: on_kill is called after execute has ended
                self._process.terminate()
                self._read_log(self._process)
                raise
        status = self._process.returncode
        if found:
            context["ti"].xcom_push(key="summary", value=found)
        if status in NO_RETRY:
            message = f"{self.project}, {self.job}: {NO_RETRY[status]}"
            raise AirflowFailException(message)
        if status:
            message = f"{self.project}, {self.job}: exit status {status}; see the log"
            raise AirflowException(message)
        return found

    def on_kill(self) -> None:
        """End it when the task is cleared."""
        if self._process:
            self._process.terminate()
            self._process.wait(END_SECONDS)

    def _read_log(self, process: subprocess.Popen[str]) -> dict[str, Any]:
        """Log what the program prints, to its end, and return its summary."""
        found: dict[str, Any] = {}
        for line in process.stdout or ():
            self.log.info("%s", line.rstrip())
            if line.startswith("summary: "):
                found = json.loads(line.removeprefix("summary: "))
        return found

    def _command(self) -> list[str]:
        where = ["--name", self.project, "--project", f"{HOME}/project", "--data", DATA]
        return [f"{HOME}/run_pipeline.py", self.job, *where]

    def _environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in KEPT if name in os.environ}
        kept["PATH"] = f"{HOME}/venv/bin:{os.environ['PATH']}"
        secrets = {name: self._secret(each) for name, each in self.secrets.items()}
        return {**kept, **self.environment, **secrets}

    def _secret(self, connection: str) -> str:
        password = Connection.get(connection).password
        if not password:
            message = f"{connection}: the connection has no password; set it"
            raise AirflowFailException(message)
        return password
