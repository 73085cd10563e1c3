"""What programs of an example write is kept out of git, where `meltano.yml` does not name it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
WRITTEN = {
    "airflow": ["dags/__pycache__/clevertap_projects.pyc", "project/.meltano/meltano.db"],
    "container": [".env", "plugins.env", "incoming/customers.jsonl", "incoming/customers.new"],
    "dagster": [
        *(".env", "__pycache__/clevertap_jobs.pyc", ".tmp_dagster_home_a1/history/runs.db"),
        *("history/runs.db", "schedules/schedules.db", "storage/a/compute_logs/run.out"),
    ],
    "typed-tables": [
        *(".env", "warehouse.duckdb", "warehouse.duckdb.wal", "transform/target/manifest.json"),
        *("transform/logs/dbt.log", "transform/.user.yml"),
    ],
    "webhooks": [".env", "inbox.sqlite", "inbox.sqlite-wal"],
}
"""Of each example: by Python, its containers, Dagster in its folder, dbt, and the receiver."""


def files(folder, *options):
    command = ["git", "ls-files", "-z", "--cached", *options]
    listed = subprocess.run(command, cwd=folder, capture_output=True, check=True, text=True)
    return {each for each in listed.stdout.split("\0") if each and (folder / each).is_file()}


@pytest.mark.parametrize("example", WRITTEN)
def test_git_takes_nothing_of_what_an_example_writes(example, tmp_path):
    own = files(EXAMPLES / example, "--others", "--exclude-standard")
    for name in own:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(EXAMPLES / example / name, tmp_path / name)
    for name in WRITTEN[example]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    for command in (["git", "init", "--quiet"], ["git", "add", "--all"]):
        subprocess.run(command, cwd=tmp_path, check=True)
    assert files(tmp_path) == own
