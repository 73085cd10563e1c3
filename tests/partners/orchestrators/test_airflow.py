"""The DAGs of `examples/airflow` under a real scheduler, with tasks that are killed."""

from __future__ import annotations

import itertools
import json
import os
import shlex
import shutil
import signal
import subprocess
import threading
from collections import Counter
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import groupby
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml

from tests.partners.meltano_project import ROOT
from tests.partners.orchestrators.airflow_server import BIN, PASSWORD, USER, Airflow, wait_for
from tests.partners.orchestrators.installed import delivered, orders
from tests.partners.orchestrators.processes import parent, running
from tests.support.pages import block
from tests.support.run_output import clean_environment
from tests.support.truth import event_fingerprint

DAGS = ROOT / "examples" / "airflow" / "dags"
READER, WRITER = "AAA-111-222Z", "BBB-333-444Z"
PASSCODES = {READER: "a-passcode-of-the-reader", WRITER: "a-passcode-of-the-writer"}
RUN_IT = "Run it against the emulator"
DAYS, COUNT = 3, 600
SLOWLY = {"TARGET_CLEVERTAP_BATCH_SIZE_ROWS": "20", "TARGET_CLEVERTAP_MAX_IN_FLIGHT": "1"}
SECONDS = 120
NEVER = "0 0 29 2 *"
EU, VIP, BAD, LONG = "shop-eu", "shop-vip", "shop-bad", "shop-long"
OUT = "clevertap.shop-in.out"
INTO_EU, INTO_VIP, INTO_BAD = (f"clevertap.{project}.in" for project in (EU, VIP, BAD))
POOL = f"clevertap-{WRITER}-writes"


@pytest.fixture(scope="module")
def reader(start_emulator_for_module):
    """The emulator of the account that is read."""
    (command,) = block("examples/airflow/README.md", RUN_IT, "shell").splitlines()
    program, *flags = shlex.split(command)
    options = {
        flag[2:].replace("-", "_"): value
        for flag, value in zip(flags[::2], flags[1::2], strict=True)
    }
    assert program == "clevertap-emulator"
    assert options["account_id"] == READER
    changed = {"port": 0, "passcode": PASSCODES[READER], "latency_ms": 150}
    return start_emulator_for_module(**options | changed, days=DAYS, users=200)


@pytest.fixture(scope="module")
def writer(start_emulator_for_module):
    """The emulator of the account that two projects write into."""
    return start_emulator_for_module(
        account_id=WRITER, passcode=PASSCODES[WRITER], days=1, users=1, latency_ms=300
    )


@pytest.fixture(scope="module")
def alerts():
    """What arrives at the webhook of alerts."""
    arrived = []

    class Webhook(BaseHTTPRequestHandler):
        def do_POST(self):
            arrived.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Webhook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    arrived_at = f"http://127.0.0.1:{server.server_port}"
    yield arrived_at, arrived
    server.shutdown()
    server.server_close()


def listed(reader, writer):
    """Return the list of the example with the emulators' projects."""
    content = yaml.safe_load((DAGS / "projects.yml").read_text())
    content["retries"]["first_after_seconds"] = 1
    first, other = content["projects"]
    today = datetime.now(ZoneInfo(first["timezone"])).date()
    first["schedules"] = {"out": NEVER}
    first["environment"] = {
        "TAP_CLEVERTAP_API_URL": reader.url,
        "TAP_CLEVERTAP_START_DATE": str(today - timedelta(DAYS)),
    }
    into = {"TARGET_CLEVERTAP_API_URL": writer.url, **SLOWLY}
    other |= {"schedules": {"in": NEVER}, "environment": into}
    names = (EU, VIP, BAD)
    content["projects"] = [first, *({**other, "name": name} for name in names)]
    return content


@pytest.fixture(scope="module")
def airflow(tmp_path_factory, home, reader, writer, alerts):
    """Airflow with the DAGs; one passcode is in a connection, the other in a variable."""
    folder = tmp_path_factory.mktemp("airflow")
    shutil.copytree(DAGS, folder / "dags")
    (folder / "dags" / "projects.yml").write_text(yaml.safe_dump(listed(reader, writer)))
    (folder / "home").mkdir()
    kept = json.dumps({"conn_type": "generic", "password": PASSCODES[WRITER]})
    server = Airflow(
        folder / "home",
        folder / "dags",
        {
            "AIRFLOW_CONN_CLEVERTAP_SHOP_EU": kept,
            "CLEVERTAP_HOME": str(home.folder),
            "CLEVERTAP_DATA": str(home.data),
        },
    )
    try:
        server.start()
        server.connect("clevertap_shop_in", password=PASSCODES[READER])
        server.connect("clevertap_alerts", password=alerts[0])
        server.connect(
            "airflow_api", host="127.0.0.1", port=server.port, login=USER, password=PASSWORD
        )
        yield server
    finally:
        server.stop()


def kill(project, job, how):
    """Send a signal to the process group of a task: to Airflow's process and to the program.

    Meltano is in a group of its own. It must end all the same.
    """
    (program,) = running("run_pipeline.py", job, project)
    task = os.getpgid(program)
    assert task == parent(program)
    os.killpg(task, how)
    wait_for(lambda: not running("meltano", f"={project}"), SECONDS, "Meltano goes on")


def pages(reader):
    return sum(each["kind"] == "page" for each in reader.requests()["requests"])


def delivering(writer, projects):
    """Return the first of the projects of which something has arrived."""
    return next((each for each in projects if len(delivered(writer, projects[each])) > 20), None)


@pytest.fixture(scope="module")
def first(airflow, home, reader, writer):
    """The runs of a first round, in which each task is killed once, and how they ended."""
    for project, prefix in ((EU, "eu"), (VIP, "vip")):
        home.put_orders(project, orders(prefix, COUNT))
    runs = {OUT: airflow.trigger(OUT)}
    wait_for(lambda: pages(reader) > 3, SECONDS, "nothing is read")
    kill("shop-in", "out", signal.SIGKILL)
    runs |= {dag: airflow.trigger(dag) for dag in (INTO_EU, INTO_VIP)}
    left = {EU: "eu", VIP: "vip"}
    for how in (signal.SIGKILL, signal.SIGTERM):
        project = wait_for(lambda: delivering(writer, left), SECONDS, "nothing arrives")
        kill(project, "in", how)
        del left[project]
    states = {dag: airflow.ended(dag, run) for dag, run in runs.items()}
    assert set(states.values()) == {"success"}, {dag: airflow.log(dag, runs[dag]) for dag in runs}
    return runs


@pytest.fixture(scope="module")
def second(first, airflow):
    """The runs of a full second round."""
    runs = {dag: airflow.trigger(dag) for dag in first}
    assert {airflow.ended(dag, run) for dag, run in runs.items()} == {"success"}
    return runs


def test_a_killed_task_is_completed_by_its_retry(airflow, first):
    states = {dag: [each["state"] for each in airflow.tries(dag, first[dag])] for dag in first}
    for dag, (*failed, last) in states.items():
        assert failed, dag
        assert last == "success"
        assert "success" not in failed


def test_after_two_rounds_nothing_is_lost_or_doubled_on_the_way_out(second, home, reader):
    rows = {each["event_key"]: each for each in home.read_events("shop-in")}
    assert Counter(map(event_fingerprint, rows.values())) == Counter(
        map(event_fingerprint, reader.truth()["events"])
    )


def test_after_two_rounds_nothing_is_lost_or_doubled_on_the_way_in(second, writer):
    expected = [each["order_id"] for name in ("eu", "vip") for each in orders(name, COUNT)]
    assert Counter(delivered(writer)) == Counter(expected)


def test_two_writers_of_one_account_never_run_at_once(airflow, second, first, writer):
    tries = [
        (each["start_date"], each["end_date"])
        for runs in (first, second)
        for dag in (INTO_EU, INTO_VIP)
        for each in airflow.tries(dag, runs[dag])
    ]
    tries.sort()
    assert len(tries) > 4
    assert all(end <= start for (_, end), (start, _) in itertools.pairwise(tries))
    turns = [prefix for prefix, _ in groupby(delivered(writer), lambda each: each.split("-")[0])]
    assert len(turns) <= len(tries)


def test_rejects_are_not_tried_again_and_raise_an_alert(airflow, home, writer, alerts):
    good, bad = orders("bad", 2)
    home.put_orders(BAD, [good, bad | {"customer_id": None}])
    run = airflow.trigger(INTO_BAD)
    assert airflow.ended(INTO_BAD, run) == "failed"
    (only,) = airflow.tries(INTO_BAD, run)
    assert only["state"] == "failed"
    assert delivered(writer, "bad") == ["bad-0"]
    (alert,) = wait_for(lambda: alerts[1], SECONDS, "no alert")
    assert alert["text"].startswith(f"{INTO_BAD} failed, try 1: ")
    assert '"in": "rejects"' in alert["text"]
    assert "customer" not in alert["text"]


def test_a_run_that_takes_too_long_is_ended_before_its_task(home, writer):
    """Without it, the task would wait for the run, and hold the pool as long."""
    count = 4000
    home.put_orders(LONG, orders("long", count))
    pipeline = {
        "project": LONG,
        "job": "in",
        "schedule": NEVER,
        "timezone": "UTC",
        "pool": POOL,
        "environment": {
            "TARGET_CLEVERTAP_API_URL": writer.url,
            **SLOWLY,
            "TARGET_CLEVERTAP_ACCOUNT_ID": WRITER,
            "TARGET_CLEVERTAP_REGION": "in1",
            "TARGET_CLEVERTAP_PASSCODE": PASSCODES[WRITER],
        },
        "secrets": {},
    }
    program = Path(__file__).with_name("overtime.py")
    ended = subprocess.run(
        [BIN / "python", program, json.dumps(pipeline), "8"],
        env=clean_environment(
            CLEVERTAP_HOME=str(home.folder), CLEVERTAP_DATA=str(home.data), PYTHONPATH=str(DAGS)
        ),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert "AirflowTaskTimeout" in ended.stderr
    assert not running("run_pipeline.py", LONG)
    assert len(delivered(writer, "long")) < count


def test_a_pool_that_would_not_protect_ends_the_run_with_advice(airflow, second, alerts):
    pool = {"pool": POOL, "slots": 2, "include_deferred": False}
    airflow.call("PATCH", f"pools/{POOL}", pool)
    run = airflow.trigger(INTO_EU)
    assert airflow.ended(INTO_EU, run) == "failed"
    assert f"airflow pools set {POOL} 1" in airflow.log(INTO_EU, run, "pool")
    failed = f"{INTO_EU} failed"
    wait_for(lambda: any(failed in each["text"] for each in alerts[1]), SECONDS, "no alert")
    airflow.call("PATCH", f"pools/{POOL}", pool | {"slots": 1})


@pytest.mark.parametrize(
    ("status", "error"), [(403, "AirflowFailException"), (503, "AirflowException")]
)
def test_the_pool_task_is_tried_again_only_where_the_server_fails(tmp_path, status, error):
    class Api(BaseHTTPRequestHandler):
        def do_POST(self):
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Api)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    ended = subprocess.run(
        [BIN / "python", "-c", f"import clevertap_pools as pools; pools.ensure_pool({POOL!r})"],
        env=clean_environment(
            AIRFLOW_HOME=str(tmp_path),
            AIRFLOW_CONN_AIRFLOW_API=f"http://{USER}:{PASSWORD}@127.0.0.1:{server.server_port}",
            PYTHONPATH=str(DAGS),
        ),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    server.shutdown()
    server.server_close()
    *_, last = ended.stderr.strip().splitlines()
    assert last.startswith(f"airflow.sdk.exceptions.{error}: airflow_api: Airflow answers {status}")
    assert PASSWORD not in ended.stderr


def test_no_secret_is_in_airflows_files_or_the_projects_folders(airflow, second, home):
    secrets = [each.encode() for each in (*PASSCODES.values(), PASSWORD)]
    files = [each for each in (*airflow.home.rglob("*"), *home.data.rglob("*")) if each.is_file()]
    assert len(files) > 50
    found = [
        path
        for path in files
        if not path.is_relative_to(home.folder / "project")
        and any(secret in path.read_bytes() for secret in secrets)
    ]
    assert found == []
