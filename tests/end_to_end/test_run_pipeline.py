"""The program that runs a pipeline of a project in a folder of its own: `run_pipeline.py`."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from tests.support.plugin_process import BIN
from tests.support.run_output import clean_environment
from tests.support.target_process import ORDER_COLUMNS, ORDERS_RULE, lines, order, schema, state

PROGRAM = Path(__file__).parents[2] / "examples" / "airflow" / "run_pipeline.py"
OTHERS = ("clevertap-ledger.sqlite", "clevertap-rejects.jsonl", "report.json")
WAREHOUSES = ("warehouse.duckdb", "warehouse.duckdb.wal", "warehouse.db", "warehouse.db-wal")
SECONDS = 60
ROOT = "$MELTANO_PROJECT_ROOT"


class Pipelines:
    """A project whose tap repeats a file, and then ends with a status."""

    def __init__(self, emulator, folder):
        self.project, self.data = folder / "project", folder / "data"
        self.folder = self.data / "shop" / "in"
        self.project.mkdir()
        self.emulator = emulator
        loader = {
            "account_id": emulator.account_id,
            "passcode": emulator.passcode,
            "api_url": emulator.url,
            "ledger_path": f"{ROOT}/{OTHERS[0]}",
            "rejects_path": f"{ROOT}/{OTHERS[1]}",
            "report_path": f"{ROOT}/{OTHERS[2]}",
            "streams": {"orders": ORDERS_RULE},
        }
        content = {
            "default_environment": "prod",
            "environments": [{"name": "prod"}],
            "plugins": {
                "extractors": [plugin("tap-file", "./tap.sh", {}, capabilities=["state"])],
                "loaders": [plugin("target-clevertap", str(BIN / "target-clevertap"), loader)],
            },
            "jobs": [{"name": "in", "tasks": ["tap-file target-clevertap"]}],
        }
        (self.project / "meltano.yml").write_text(yaml.safe_dump(content))

    def tap(self, rows, status=0):
        """Let the tap write rows, and end with a status."""
        messages = lines([schema("orders", ORDER_COLUMNS), *rows, state({"orders": len(rows)})])
        (self.project / "messages.txt").write_bytes(messages)
        script = self.project / "tap.sh"
        script.write_text(f"#!/bin/sh\ncat messages.txt\nexit {status}\n")
        script.chmod(0o755)

    def start(self, *more, data=None, path=None, cwd=None):
        """Start the job; what it prints is in one pipe."""
        quiet = {"MELTANO_CLI_DISABLE_VERSION_CHECK": "1", "NO_COLOR": "1"}
        path = path or f"{BIN}{os.pathsep}{os.environ['PATH']}"
        where = ["--name", "shop", "--project", self.project, "--data", data or self.data]
        return subprocess.Popen(
            [sys.executable, PROGRAM, "in", *where, *more],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=cwd,
            env=clean_environment(PATH=path, MELTANO_SEND_ANONYMOUS_USAGE_STATS="false", **quiet),
        )

    def run(self, **options):
        """Run the job; return its exit status and what it printed."""
        with self.start(**options) as process:
            printed = process.stdout.read()
        assert "Traceback" not in printed
        return process.returncode, printed

    def delivered(self):
        return sorted(each["record"]["evtData"]["id"] for each in self.emulator.uploads()["events"])


def plugin(name, executable, config, **more):
    settings = [{"name": each} for each in config]
    namespace = name.replace("-", "_")
    return {
        "name": name,
        "namespace": namespace,
        "executable": executable,
        "settings": settings,
        "config": config,
        **more,
    }


def is_free(lock):
    """Return whether a turn's lock can be had."""
    with lock.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def children(pid):
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def is_alive(pid):
    """Return whether a process runs: what ended may wait to be collected."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_for(what, message):
    deadline = time.monotonic() + SECONDS
    while not what():
        assert time.monotonic() < deadline, message
        time.sleep(0.02)


def in_its_turn(pipelines):
    """Start a run whose tap ignores SIGTERM; return it, Meltano's id, and the lock of its turn."""
    pipelines.tap([order(1)])
    script = pipelines.project / "tap.sh"
    script.write_text("#!/bin/sh\ntrap '' TERM\ntouch reading\nsleep 3\ncat messages.txt\n")
    process = pipelines.start("--turn", "account")
    wait_for((pipelines.folder / "reading").exists, "the tap does not start")
    (meltano,) = children(process.pid)
    return process, meltano, pipelines.data / ".account.lock"


@pytest.fixture
def pipelines(emulator, tmp_path):
    return Pipelines(emulator, tmp_path)


def test_rejects_are_final_only_where_the_tap_ended_well(pipelines):
    pipelines.tap([order(1), order(2, email=None)], status=1)
    status, _ = pipelines.run()
    assert status == 1
    pipelines.tap([order(1), order(2, email=None), order(3)])
    status, printed = pipelines.run()
    assert status == 3
    assert '"delivered": 1, "already_delivered": 1' in printed
    assert pipelines.delivered() == [1, 3]
    assert stat.S_IMODE(pipelines.folder.stat().st_mode) == 0o700


def test_files_of_a_run_in_the_project_itself_replace_nothing(pipelines):
    pipelines.tap([order(1)])
    assert pipelines.run()[0] == 0
    for name in WAREHOUSES:
        (pipelines.folder / name).write_text("of the pipeline\n")
    for name in (*OTHERS, *WAREHOUSES):
        (pipelines.project / name).write_text("of the project\n")
    pipelines.tap([order(1), order(2)])
    assert pipelines.run()[0] == 0
    assert pipelines.delivered() == [1, 2]
    assert json.loads((pipelines.folder / "report.json").read_text())["status"] == "complete"
    own = {(pipelines.folder / name).read_text() for name in WAREHOUSES}
    assert own == {"of the pipeline\n"}


def test_faults_of_paths_are_one_line(pipelines, tmp_path):
    pipelines.tap([order(1)])
    status, printed = pipelines.run(data=pipelines.project / "data")
    assert status == 2
    assert "it is in the project, so it would be copied too; see --data" in printed
    assert not (pipelines.project / "data").exists()
    status, printed = pipelines.run(path="/nowhere")
    assert (status, printed.count("\n")) == (1, 1)
    assert printed.startswith("meltano: No such file or directory; look at the path, ")
    (pipelines.project / "link").symlink_to("nowhere")
    status, printed = pipelines.run()
    assert (status, printed.count("\n")) == (1, 1)
    assert f"{pipelines.project / 'link'}: " in printed
    (pipelines.project / "link").unlink()
    assert pipelines.run(data="data", cwd=tmp_path)[0] == 0


def test_a_run_waits_for_its_turn(pipelines):
    pipelines.tap([order(1)])
    pipelines.data.mkdir()
    lock = pipelines.data / ".account.lock"
    with lock.open("wb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        process = pipelines.start("--turn", "account")
        line = process.stdout.readline()
        assert line == f"{lock}: another run has the turn; this one waits\n"
        os.kill(process.pid, signal.SIGINT)
        assert process.communicate(timeout=SECONDS) == ("", None)
        assert process.returncode == -signal.SIGINT
        process = pipelines.start("--turn", "account")
        process.stdout.readline()
    assert '"delivered": 1' in process.communicate(timeout=SECONDS)[0]
    assert process.returncode == 0
    assert is_free(lock)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="it looks into /proc")
def test_meltano_keeps_the_turn_when_the_program_is_killed(pipelines):
    process, meltano, lock = in_its_turn(pipelines)
    assert not is_free(lock)
    process.kill()
    process.wait(SECONDS)  # its pipe is Meltano's, too
    assert is_alive(meltano)
    assert not is_free(lock)
    wait_for(lambda: is_free(lock), "the lock is not given back")
    wait_for(lambda: not is_alive(meltano), "Meltano goes on without the lock")
    process.communicate(timeout=SECONDS)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="it looks into /proc")
def test_what_a_killed_meltano_leaves_ends_before_the_turn_is_free(pipelines):
    process, meltano, lock = in_its_turn(pipelines)
    plugins = children(meltano)
    os.kill(meltano, signal.SIGKILL)
    wait_for(lambda: is_free(lock), "the lock is not given back")
    assert not any(map(is_alive, plugins))
    process.communicate(timeout=SECONDS)
    assert process.returncode == 128 + signal.SIGKILL


def test_a_run_whose_starter_is_gone_does_not_wait(pipelines):
    pipelines.tap([order(1)])
    pipelines.data.mkdir()
    with (pipelines.data / ".account.lock").open("wb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        process = pipelines.start("--turn", "account")
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(SECONDS) == 75
    assert pipelines.delivered() == []
