"""The jobs of `examples/dagster`, run by Dagster's own command, with a program that is killed."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
from collections import Counter
from itertools import groupby

import pytest
import yaml

from tests.partners.meltano_project import ROOT
from tests.partners.orchestrators.airflow_server import wait_for
from tests.partners.orchestrators.installed import EXAMPLE, delivered, orders
from tests.partners.orchestrators.processes import running
from tests.partners.partner import ENVIRONMENTS
from tests.support.pages import block
from tests.support.run_output import clean_environment

DAGSTER = ROOT / "examples" / "dagster"
BIN = ENVIRONMENTS / "dagster" / "bin"
ACCOUNT, PASSCODE, OTHER = "BBB-333-444Z", "a-passcode-of-the-writer", "another-passcode"
COUNT, SECONDS = 400, 240
SLOWLY = {"TARGET_CLEVERTAP_BATCH_SIZE_ROWS": "20", "TARGET_CLEVERTAP_MAX_IN_FLIGHT": "2"}
PROJECTS = ("dagster-eu", "dagster-vip", "dagster-bad")


@pytest.fixture(scope="module")
def writer(start_emulator_for_module):
    """The emulator of the account that all projects write into."""
    return start_emulator_for_module(
        account_id=ACCOUNT, passcode=PASSCODE, days=1, users=1, latency_ms=300
    )


@pytest.fixture(scope="module")
def environment(tmp_path_factory, home, writer):
    """The environment of Dagster: its folder, the list, and the secrets of all projects."""
    folder = tmp_path_factory.mktemp("dagster")
    shutil.copy2(DAGSTER / "dagster.yaml", folder)
    content = yaml.safe_load((EXAMPLE / "dags" / "projects.yml").read_text())
    content["retries"]["first_after_seconds"] = 1
    _, other = content["projects"]
    into = {"TARGET_CLEVERTAP_API_URL": writer.url, **SLOWLY}
    other |= {"schedules": {"in": "@daily"}, "environment": into}
    content["projects"] = [{**other, "name": name} for name in PROJECTS]
    (folder / "projects.yml").write_text(yaml.safe_dump(content))
    variables = clean_environment(
        CLEVERTAP_HOME=str(home.folder),
        CLEVERTAP_DATA=str(home.data),
        CLEVERTAP_LIST=str(folder / "projects.yml"),
        CLEVERTAP_SHOP_EU=PASSCODE,
        CLEVERTAP_SHOP_IN=OTHER,
        DAGSTER_HOME=str(folder),
        PATH=f"{BIN}{os.pathsep}{os.environ['PATH']}",
        PYTHONPATH=str(EXAMPLE / "dags"),
    )
    migrate = [str(BIN / "dagster"), "instance", "migrate"]
    subprocess.run(migrate, env=variables, capture_output=True, check=True)
    return variables


@pytest.fixture(scope="module")
def start(environment):
    """Return what starts a job, and have none left at the end."""
    started = []

    def begin(job):
        shown = block("examples/dagster/README.md", "Run", "shell").replace("shop_eu_out", job)
        command = shlex.split(
            shown.replace("clevertap_jobs.py", str(DAGSTER / "clevertap_jobs.py"))
        )
        process = subprocess.Popen(
            [str(BIN / command[0]), *command[1:]],
            env=environment,
            cwd=environment["DAGSTER_HOME"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


def test_a_killed_program_is_tried_again_and_two_writers_take_turns(start, home, writer):
    for project in ("eu", "vip"):
        home.put_orders(f"dagster-{project}", orders(project, COUNT))
    # Each request waits after it is stored, so that the program is still there to be killed.
    writer.faults([{"match": {"kind": "upload"}, "action": {"delay": 6}}])
    jobs = [start("dagster_eu_in"), start("dagster_vip_in")]
    wait_for(lambda: len(delivered(writer)) > 40, SECONDS, "nothing arrives")
    first, *_ = {each.split("-")[0] for each in delivered(writer)}
    (program,) = running("run_pipeline.py", str(home.data), f"dagster-{first}")
    os.kill(program, signal.SIGKILL)
    writer.clear_faults()
    outputs = [job.communicate(timeout=SECONDS)[0] for job in jobs]
    assert [job.returncode for job in jobs] == [0, 0], outputs
    assert "".join(outputs).count("STEP_UP_FOR_RETRY") == 1
    arrived = delivered(writer)
    expected = [each["order_id"] for name in ("eu", "vip") for each in orders(name, COUNT)]
    assert Counter(arrived) == Counter(expected)
    assert f".clevertap-{ACCOUNT}-writes.lock: another run has the turn" in "".join(outputs)
    turns = [prefix for prefix, _ in groupby(arrived, lambda each: each.split("-")[0])]
    assert len(turns) <= 3


def test_rejects_fail_the_job_without_another_try(start, home, environment):
    good, bad = orders("bad", 2)
    home.put_orders("dagster-bad", [good, bad | {"customer_id": None}])
    job = start("dagster_bad_in")
    output, _ = job.communicate(timeout=SECONDS)
    assert job.returncode == 1
    assert "exit status 3" in output
    assert "STEP_FAILURE" in output
    assert "STEP_UP_FOR_RETRY" not in output
    assert not any(secret in output for secret in (PASSCODE, OTHER))
