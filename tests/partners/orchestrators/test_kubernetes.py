"""The CronJob of `examples/kubernetes`: its form, and its command with the same mounts."""

from __future__ import annotations

import json
import signal
import subprocess
from collections import Counter
from pathlib import Path

import duckdb
import pytest
import yaml

from tests.partners.meltano_project import ROOT, Project, installing_environment
from tests.partners.orchestrators.airflow_server import wait_for
from tests.partners.partner import ENVIRONMENTS

MANIFEST = ROOT / "examples" / "kubernetes" / "cronjob.yml"
ENTRY_POINT = ROOT / "examples" / "container" / "entrypoint.sh"
POD = Path(__file__).with_name("pod.sh")
VALIDATE = ENVIRONMENTS / "kubernetes" / "bin" / "kubernetes-validate"
NAMESPACE = ["unshare", "--mount", "--map-root-user"]
TERMINATED = 128 + signal.SIGTERM


def documents():
    return {each["kind"]: each for each in yaml.safe_load_all(MANIFEST.read_text())}


def pod():
    return documents()["CronJob"]["spec"]["jobTemplate"]["spec"]["template"]["spec"]


@pytest.mark.parametrize("version", ["1.31", "1.37"])
def test_the_manifest_is_valid(version):
    command = [str(VALIDATE), "--strict", "--kubernetes-version", version, str(MANIFEST)]
    ended = subprocess.run(command, capture_output=True, check=False, text=True)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_a_wrong_field_would_be_found(tmp_path):
    wrong = tmp_path / "wrong.yml"
    wrong.write_text(MANIFEST.read_text().replace("backoffLimit:", "backOffLimit:"))
    assert subprocess.run([VALIDATE, "--strict", wrong], check=False).returncode != 0


@pytest.fixture(scope="module")
def emulator(start_emulator_for_module):
    return start_emulator_for_module(days=4, users=200, events_per_day=300, latency_ms=100)


@pytest.fixture(scope="module")
def folders(tmp_path_factory, repository):
    """The installed project, which is /project in the image, and the volumes."""
    if subprocess.run([*NAMESPACE, "true"], check=False, capture_output=True).returncode:
        pytest.skip("this machine does not let a user make a namespace of mounts")
    folder = tmp_path_factory.mktemp("pod")
    project = Project.of_example("container", folder / "project", repository)
    project.environment = installing_environment(repository)
    project.meltano("install")
    for name in ("root", "data", "scratch/tmp", "scratch/run", "scratch/logs", "scratch/cache"):
        (folder / name).mkdir(parents=True)
    for name in ("run", "logs", "cache"):
        (folder / "project" / ".meltano" / name).mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="module")
def start(folders, emulator, repository):
    """Return what starts the container's command with its environment and its mounts."""
    (container,) = pod()["containers"]
    secrets = {"account_id": emulator.account_id, "passcode": emulator.passcode}
    variables = {
        each["name"]: each["value"]
        if "value" in each
        else secrets[each["valueFrom"]["secretKeyRef"]["key"]]
        for each in container["env"]
    }
    mounts = "".join(
        f"{folders / each['name'] / each.get('subPath', '')}\t{each['mountPath']}\n"
        for each in container["volumeMounts"]
        if each["mountPath"] != "/tmp"  # noqa: S108 - the machine's, where the installed plugins are
    )
    first = emulator.truth()["events"][0]["ts"]
    environment = {
        **installing_environment(repository),
        **variables,
        "MOUNTS": mounts,
        "MELTANO_AUTO_INSTALL": "false",
        "MELTANO_DATABASE_URI": "sqlite:////data/meltano.db",
        "TAP_CLEVERTAP_API_URL": emulator.url,
        "TAP_CLEVERTAP_START_DATE": "2026-01-01" if first is None else str(first)[:8],
    }

    def begin():
        command = [*NAMESPACE, POD, folders / "root", folders / "project", ENTRY_POINT]
        return subprocess.Popen(
            [*map(str, command), *container["args"]],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    return begin


def test_a_run_that_is_ended_is_completed_by_the_next_one(start, folders, emulator):
    grace = pod()["terminationGracePeriodSeconds"]
    run = start()
    wait_for(lambda: len(emulator.requests()["requests"]) > 20, grace, "nothing is read")
    run.send_signal(signal.SIGTERM)
    output, _ = run.communicate(timeout=grace)
    assert run.returncode == TERMINATED, output
    run = start()
    output, _ = run.communicate(timeout=300)
    assert run.returncode == 0, output
    receipt = json.loads((folders / "data" / "clevertap-receipt.json").read_text())
    assert receipt["status"] == "complete"
    with duckdb.connect(str(folders / "data" / "warehouse.duckdb"), read_only=True) as warehouse:
        rows = warehouse.sql("select event_name, ts from clevertap.events").fetchall()
    truth = emulator.truth()["events"]
    assert Counter(rows) == Counter((each["event_name"], each["ts"]) for each in truth)
    assert not list((folders / "scratch" / "run").rglob("*config*"))
