"""A real Airflow: API server, scheduler and DAG processor, on loopback, in a folder of its own."""

from __future__ import annotations

import base64
import json
import os
import secrets
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import requests

from tests.partners.partner import ENVIRONMENTS
from tests.support.ports import free_port
from tests.support.run_output import clean_environment

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BIN = ENVIRONMENTS / "airflow" / "bin"
PROGRAMS = (
    ("api-server", "--workers", "1"),
    ("scheduler", "--skip-serve-logs"),
    ("dag-processor",),
)
USER, PASSWORD = "pools", "the-pass-of-the-api"
READY_SECONDS, RUN_SECONDS, END_SECONDS = 90, 120, 15
ENDED = {"success", "failed"}


def wait_for(what: Callable[[], Any], seconds: float, message: str) -> Any:
    """Return what a function returns as soon as that is true."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if found := what():
            return found
        time.sleep(0.2)
    raise AssertionError(message)


@dataclass
class Airflow:
    """The three programs, and what calls their API."""

    home: Path
    dags: Path
    variables: dict[str, str]
    port: int = field(default_factory=free_port)
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    session: requests.Session = field(default_factory=requests.Session)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        kept = clean_environment(**self.variables)
        return {name: each for name, each in kept.items() if name != "PYTHONDONTWRITEBYTECODE"} | {
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
            "AIRFLOW_HOME": str(self.home),
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": str(self.port),
            "AIRFLOW__CORE__AUTH_MANAGER": "airflow.api_fastapi.auth.managers.simple"
            ".simple_auth_manager.SimpleAuthManager",
            "AIRFLOW__CORE__DAGS_FOLDER": str(self.dags),
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(self.passwords),
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:op",
        }

    @property
    def passwords(self) -> Path:
        return self.home.with_suffix(".passwords")

    def start(self) -> None:
        """Make the database, start the programs, and log in."""
        self.passwords.write_text(json.dumps({USER: PASSWORD}))
        keys = {
            "AIRFLOW__CORE__FERNET_KEY": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
            "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_hex(64),
        }
        self.variables |= keys
        migrate = [str(BIN / "airflow"), "db", "migrate"]
        subprocess.run(migrate, env=self.environment, capture_output=True, check=True)
        for program, *arguments in PROGRAMS:
            log = (self.home / f"{program}.log").open("wb")
            command = [str(BIN / "airflow"), program, *arguments]
            self.processes.append(
                subprocess.Popen(
                    command,
                    env=self.environment,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            )
            log.close()
        wait_for(self._log_in, READY_SECONDS, "the API server is not ready")

    def _log_in(self) -> bool:
        with suppress(requests.ConnectionError):
            body = {"username": USER, "password": PASSWORD}
            answer = requests.post(f"{self.url}/auth/token", json=body, timeout=30)
            if answer.ok:
                token = answer.json()["access_token"]
                self.session.headers["Authorization"] = f"Bearer {token}"
                return True
        return False

    def stop(self) -> None:
        """End the programs with all that they started."""
        self.session.close()
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            with suppress(subprocess.TimeoutExpired):
                process.wait(END_SECONDS)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def call(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """Call the API, and return what it answers."""
        answer = self.session.request(method, f"{self.url}/api/v2/{path}", json=body, timeout=60)
        assert answer.ok, answer.text
        return answer.json() if answer.content else {}

    def connect(self, name: str, **values: Any) -> None:
        """Make a connection."""
        self.call("POST", "connections", {"connection_id": name, "conn_type": "http", **values})

    def knows(self, dag: str) -> bool:
        return self.session.get(f"{self.url}/api/v2/dags/{dag}", timeout=60).ok

    def trigger(self, dag: str) -> str:
        """Start a run of a DAG, as soon as it is known, and return the run's id."""
        wait_for(lambda: self.knows(dag), READY_SECONDS, f"{dag} is not known: {self.errors()}")
        self.call("PATCH", f"dags/{dag}", {"is_paused": False})
        return self.call("POST", f"dags/{dag}/dagRuns", {"logical_date": None})["dag_run_id"]

    def errors(self) -> list[str]:
        found = self.call("GET", "importErrors")["import_errors"]
        return [each["stack_trace"] for each in found]

    def ended(self, dag: str, run: str) -> str:
        """Wait until a run has ended, and return its state."""
        path = f"dags/{dag}/dagRuns/{run}"
        message = f"{dag} has not ended: {self.tries(dag, run)}"
        return wait_for(
            lambda: ENDED & {self.call("GET", path)["state"]}, RUN_SECONDS, message
        ).pop()

    def tries(self, dag: str, run: str, task: str = "run") -> list[dict[str, Any]]:
        """Return all tries of a task."""
        path = f"dags/{dag}/dagRuns/{run}/taskInstances/{task}/tries"
        return self.call("GET", path)["task_instances"]

    def log(self, dag: str, run: str, task: str = "run") -> str:
        """Return the logs of all tries of a task."""
        files = (self.home / "logs" / f"dag_id={dag}" / f"run_id={run}").rglob("*.log")
        return "".join(each.read_text() for each in files if f"task_id={task}" in str(each))
