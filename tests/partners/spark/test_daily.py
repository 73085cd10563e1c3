"""The example that writes Parquet: a run takes new files alone, and the files of a killed run."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.partners.spark.by_tap import PROJECT, read
from tests.partners.spark.held_daily import load
from tests.partners.spark.holding import WAIT_SECONDS, wait_for
from tests.partners.spark.java import QUICK_START
from tests.partners.spark.test_spark import differences, export, records
from tests.partners.warehouses.odd_events import EVENTS, Event, write_json
from tests.support.pages import block
from tests.support.run_output import clean_environment

ROOT = Path(__file__).parents[3]
DAILY = ROOT / "examples" / "spark" / "daily.py"


@pytest.fixture
def daily(spark, tmp_path):
    """Return what runs the example in the session of the tests."""
    example = load()
    return lambda *more: example.main([*arguments(tmp_path), *more], spark)


def arguments(folder):
    return [
        f"--url={folder / 'files'}",
        f"--out={folder / 'out'}",
        f"--account-id={PROJECT['account_id']}",
        f"--timezone={PROJECT['timezone']}",
    ]


def written(spark, folder):
    """Return the rows that the runs wrote, without the columns of folders."""
    frame = spark.read.parquet(str(folder / "out" / "events")).drop("run", "event", "day")
    return records(frame)


def assert_complete(spark, folder):
    expected = read(folder / "files").records["exported_events"]
    assert differences(written(spark, folder), expected) == ([], [])


def test_each_run_reads_new_files(spark, daily, tmp_path):
    files = tmp_path / "files"
    export(files, "json", what="events", only_run=(1,))
    assert daily().startswith("run 1 read ")
    assert_complete(spark, tmp_path)
    assert daily() == "no new files"
    export(files, "json", what="events", only_run=(2,))
    assert daily().startswith("run 2 read ")
    assert daily() == "no new files"
    assert_complete(spark, tmp_path)
    folders = {path.name for path in (tmp_path / "out" / "events" / "run=1").iterdir()}
    assert {"event=Charged", "event=App Launched", "_SUCCESS"} <= folders
    days = {path.name for path in (tmp_path / "out/events/run=1/event=Charged").glob("day=*")}
    assert days <= {"day=2026-11-02", "day=2026-11-03"}


def test_the_view_of_the_documents_has_each_key_once(spark, daily, tmp_path):
    view = block("docs/spark.md", "Only new files: `daily.py`", "sql")
    export(tmp_path / "files", "json", what="events", event=("Charged",))  # two runs overlap
    daily()
    view = view.replace("create view", "create temporary view")
    spark.sql(view.replace("hdfs:///clevertap", str(tmp_path / "out")))
    found = [row.event_key for row in spark.table("clevertap_events").collect()]
    keys = {row["event_key"] for row in written(spark, tmp_path)}
    assert len(found) == len(keys)
    assert set(found) == keys


def test_a_run_without_its_list_of_files_is_done_again(spark, daily, tmp_path):
    files = tmp_path / "files"
    export(files, "csv", what="events", only_run=(1,), event=("Charged", "signup"))
    daily()
    shutil.rmtree(tmp_path / "out" / "files" / "run=1")
    export(files, "csv", what="events", only_run=(2,), event=("Charged", "signup"))
    assert daily().startswith("run 1 read ")
    assert_complete(spark, tmp_path)


def alone():
    """Return the environment of a program that has a Spark of its own."""
    return clean_environment(
        SPARK_LOCAL_IP="127.0.0.1",
        PYSPARK_PYTHON=sys.executable,
        PYSPARK_SUBMIT_ARGS=(
            "--master local[2] --conf spark.ui.enabled=false "
            f"--conf 'spark.driver.defaultJavaOptions={QUICK_START}' pyspark-shell"
        ),
        PYTHONPATH=str(ROOT),
    )


def test_a_run_that_is_killed_is_done_again(spark, daily, tmp_path):
    files, out, marks = (tmp_path / name for name in ("files", "out", "marks"))
    marks.mkdir()
    export(files, "csv", what="events", event=("Charged", "signup"))
    program = ["-m", "tests.partners.spark.held_daily", str(marks)]
    command = [sys.executable, *program, *arguments(tmp_path)]
    killed = subprocess.Popen(command, env=alone(), start_new_session=True)
    begun = wait_for(lambda: [*marks.iterdir()])
    os.killpg(killed.pid, signal.SIGKILL)  # Python and its Java
    killed.wait()
    assert begun
    assert [*out.glob("events/run=1/_temporary")]
    assert daily().startswith("run 1 read ")
    assert_complete(spark, tmp_path)


BAD = Event("Charged", 20261399000000, "__g1", None, {})


def test_bad_rows_are_kept_next_to_the_events(spark, daily, tmp_path):
    (tmp_path / "files").mkdir()
    write_json(tmp_path / "files", [*EVENTS, BAD])
    daily("--bad-rows=skip")
    assert len(written(spark, tmp_path)) == len(EVENTS)
    (row,) = spark.read.json(str(tmp_path / "out" / "bad_rows")).collect()
    assert row.source_file == "1-1761651721-0-20261101-0-0.json.gz"
    assert "20261399000000" in row.row


def test_a_bad_row_ends_the_program_with_one_line(spark, tmp_path):
    (tmp_path / "files").mkdir()
    write_json(tmp_path / "files", [BAD])
    command = [sys.executable, str(DAILY), *arguments(tmp_path)]
    ended = subprocess.run(
        command, env=alone(), capture_output=True, text=True, check=False, timeout=WAIT_SECONDS
    )
    assert ended.returncode == 1
    assert "\tat " not in ended.stderr
    assert "Traceback" not in ended.stderr
    *_, last = ended.stderr.splitlines()
    assert last.startswith("daily.py: `1-1761651721-0-20261101-0-0.json.gz` ")
    assert not (tmp_path / "out" / "files").exists()
