"""The project of `examples/airflow`, which `examples/dagster` runs too: what its job `in` reads."""

from __future__ import annotations

import json
import os
import shutil
import subprocess

import pytest

from tests.partners.meltano_project import RUN_SECONDS
from tests.partners.orchestrators.installed import delivered, orders
from tests.support.pages import block
from tests.support.run_output import clean_environment

COUNT = 5
PUT = block("examples/airflow/README.md", "The file of orders", "shell")


@pytest.fixture
def writer(emulator):
    """The emulator that the project writes into."""
    return emulator


@pytest.fixture
def run(home, writer):
    """Return what runs the job of the page's project, as both orchestrators do."""
    variables = {
        "TARGET_CLEVERTAP_ACCOUNT_ID": writer.account_id,
        "TARGET_CLEVERTAP_PASSCODE": writer.passcode,
        "TARGET_CLEVERTAP_API_URL": writer.url,
        "PATH": f"{home.folder}/venv/bin{os.pathsep}{os.environ['PATH']}",
    }
    where = ["--name", "shop-in", "--project", home.folder / "project", "--data", home.data]

    def run():
        return subprocess.run(
            [home.folder / "run_pipeline.py", "in", *where],
            env=clean_environment(**variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=RUN_SECONDS,
        )

    yield run
    shutil.rmtree(home.data / "shop-in" / "in")


def put(home, content):
    """Write the file by the commands of the page."""
    export = f"export_orders() {{ printf %s '{content}'; }}"
    commands = PUT.replace("/data", str(home.data))
    subprocess.run(["bash", "-euc", f"{export}\n{commands}"], check=True)


def text_of(rows):
    return "".join(json.dumps(row) + "\n" for row in rows)


def test_the_file_in_the_folder_of_the_pipeline_is_delivered(home, run, writer):
    rows = orders("shop", COUNT)
    put(home, text_of(rows))
    ended = run()
    assert ended.returncode == 0, ended.stdout
    assert sorted(delivered(writer)) == [each["order_id"] for each in rows]
    assert (home.data / "shop-in" / "in" / "orders.jsonl").stat().st_mode & 0o777 == 0o600


def test_a_file_next_to_the_project_only_is_no_success(home, run, writer):
    """It is not copied, and tap-jsonl reports success for a file that is missing."""
    file = home.folder / "project" / "orders.jsonl"
    file.write_text(text_of(orders("shop", COUNT)))
    try:
        ended = run()
    finally:
        file.unlink()
    assert ended.returncode == 1
    assert f"{home.data}/shop-in/in/orders.jsonl: it cannot be read" in ended.stdout
    assert writer.requests()["requests"] == []


def test_a_cut_line_ends_the_run_before_anything_is_sent(home, run, writer):
    put(home, text_of(orders("shop", COUNT))[:-5])
    ended = run()
    assert ended.returncode == 1
    assert f"orders.jsonl: line {COUNT} is not a JSON object" in ended.stdout
    assert writer.requests()["requests"] == []
