"""examples/container: the image is built and run, stopped and run again, with a volume."""

from __future__ import annotations

import json
import os
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest

from tests.partners.containers.running import container, ran
from tests.support.truth import event_fingerprint

DAYS = 5
CUSTOMERS = 6000
USER = 10001
SECRET = "secret-in-dotenv"  # noqa: S105 - the test's own
NO_VOLUME = "entrypoint: /data is not a volume, so state, ledger and rejects would be lost"


def edit(folder):
    """Read the days that the emulator has, send small batches, and leave a secret in the folder."""
    file = folder / "meltano.yml"
    start = (datetime.now(ZoneInfo("Asia/Kolkata")) - timedelta(DAYS)).date()
    text = file.read_text()
    assert "start_date: 2026-08-01" in text
    assert "    config:\n      region: in1\n" in text
    text = text.replace("start_date: 2026-08-01", f"start_date: {start}")
    slow = "    config:\n      batch_size_rows: 50\n      max_in_flight: 2\n      region: in1\n"
    text = text.replace("    config:\n      region: in1\n", slow)
    settings = "    - {name: batch_size_rows, kind: integer}\n    - {name: max_in_flight}\n"
    file.write_text(
        text.replace("    - {name: ledger_path}\n", settings + "    - {name: ledger_path}\n")
    )
    (folder / ".env").write_text(f"TAP_CLEVERTAP_PASSCODE={SECRET}\n")


@pytest.fixture(scope="module")
def image(build):
    return build(str(Path("examples") / "container"), change=edit)


@pytest.fixture(scope="module")
def emulator(start_emulator_for_module):
    return start_emulator_for_module(days=DAYS, users=200, events_per_day=200, latency_ms=100)


@pytest.fixture
def volume(tmp_path):
    """A folder as a new named volume is: with the owner of the folder in the image."""
    path = tmp_path / "volume"
    path.mkdir(mode=0o700)
    os.chown(path, USER, USER)
    return path


@pytest.fixture
def incoming(tmp_path):
    folder = tmp_path / "incoming"
    folder.mkdir()
    rows = ({"customer_id": f"c{n}", "plan": "gold", "points": 1} for n in range(CUSTOMERS))
    (folder / "customers.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def environment(emulator):
    values = {"ACCOUNT_ID": emulator.account_id, "PASSCODE": emulator.passcode}
    values["API_URL"] = emulator.url
    plugins = ("TAP_CLEVERTAP", "TARGET_CLEVERTAP")
    return {f"{plugin}_{name}": value for plugin in plugins for name, value in values.items()}


def test_without_a_volume_it_refuses_to_run(image, emulator):
    status, log = ran(image, environment=environment(emulator))
    assert status == 78
    assert NO_VOLUME in log
    assert emulator.requests()["requests"] == []


def test_with_a_volume_of_somebody_else_it_refuses_to_run(image, tmp_path):
    status, log = ran(image, volumes={tmp_path: "/data"})
    assert status == 78
    assert f"entrypoint: user {USER} may not write into /data" in log


def test_a_run_leaves_all_in_the_volume_and_the_next_one_continues(image, emulator, volume):
    options = {"environment": environment(emulator), "volumes": {volume: "/data"}}
    status, log = ran(image, **options)
    assert status == 0, log[-4000:]
    assert {each.name for each in volume.iterdir()} == {
        "clevertap-receipt.json",
        "meltano.db",
        "warehouse.duckdb",
    }
    assert {each.stat().st_uid for each in volume.iterdir()} == {USER}
    assert stored(volume) == Counter(map(event_fingerprint, emulator.truth()["events"]))
    first = rows_read(volume)
    status, log = ran(image, **options)
    assert status == 0, log[-4000:]
    assert stored(volume) == Counter(map(event_fingerprint, emulator.truth()["events"]))
    assert rows_read(volume) < first  # of the look-back and of today


def receipt(volume):
    return json.loads((volume / "clevertap-receipt.json").read_text())


def rows_read(volume):
    return sum(day["rows"] for each in receipt(volume)["events"] for day in each["days"])


def stored(volume):
    names = ("event_name", "ts", "object_id", "identity", "event_props", "session_props")
    with duckdb.connect(str(volume / "warehouse.duckdb"), read_only=True) as database:
        rows = database.execute(f"select {', '.join(names)} from clevertap.events").fetchall()
    read = [
        [json.loads(each) if isinstance(each, str) and each[:1] in "{[" else each for each in row]
        for row in rows
    ]
    return Counter(event_fingerprint(dict(zip(names, row, strict=True))) for row in read)


def test_a_stopped_run_is_continued_by_the_next_container(image, emulator, volume, incoming):
    emulator.reset()
    options = {
        "environment": environment(emulator),
        "volumes": {volume: "/data", incoming: "/incoming"},
    }
    with container(image, "run", "customers", **options) as running:
        while not emulator.uploads()["counts"]["profiles"]:
            assert running.process.poll() is None, running.log
        status = running.stop()
        assert status == 128 + 15, running.log
    delivered = points(emulator)
    assert 0 < len(delivered) < CUSTOMERS
    status, log = ran(image, "run", "customers", **options)
    assert status == 0, log[-4000:]
    assert f"already delivered {len(delivered)}," in log
    assert points(emulator) == {f"c{n}": 1 for n in range(CUSTOMERS)}


def test_a_cut_line_ends_the_run_before_anything_is_sent(image, emulator, volume, incoming):
    emulator.reset()
    file = incoming / "customers.jsonl"
    file.write_bytes(file.read_bytes()[:-5])
    volumes = {volume: "/data", incoming: "/incoming"}
    status, log = ran(image, "run", "customers", environment=environment(emulator), volumes=volumes)
    assert status == 1
    assert f"customers.jsonl: line {CUSTOMERS} is not a JSON object" in log
    assert emulator.requests()["requests"] == []


def test_a_file_of_somebody_else_is_refused_with_what_helps(image, emulator, volume, incoming):
    emulator.reset()
    (incoming / "customers.jsonl").chmod(0o600)
    volumes = {volume: "/data", incoming: "/incoming"}
    status, log = ran(image, "run", "customers", environment=environment(emulator), volumes=volumes)
    assert status == 1
    assert f"(Permission denied); see that it is there, and that user {USER} may read it" in log
    assert emulator.requests()["requests"] == []


def points(emulator):
    """Return how often each customer was delivered: each time adds a point."""
    records = emulator.uploads(kind="profiles")["profiles"]
    return Counter(each["record"]["identity"] for each in records)


def test_a_signal_before_meltano_listens_ends_it_too(image, emulator, volume):
    options = {"environment": environment(emulator), "volumes": {volume: "/data"}}
    with container(image, **options) as running:
        running.wait_for_program("tini")
        assert running.stop() == 128 + 15


def test_the_image_is_compiled_and_belongs_to_root(image):
    project = image.upper / "project"
    plugins = project / ".meltano"
    for module in ("tap_clevertap", "target_clevertap", "target_duckdb"):
        (package,) = plugins.glob(f"*/*/venv/lib/python3*/site-packages/{module}")
        assert list((package / "__pycache__").glob("*.pyc"))
    writable = {
        str(each.relative_to(project)) for each in project.rglob("*") if each.lstat().st_uid == USER
    }
    assert writable == {".meltano/run", ".meltano/logs", ".meltano/cache"}
    assert image.upper.joinpath("data").stat().st_uid == USER


def test_no_secret_is_in_a_layer(image):
    folders = [image.layer.parent / name for name in ("context", "stage-0", "stage-1")]
    assert all(folder.is_dir() for folder in folders)
    texts = [
        each for folder in folders for each in folder.glob("**/project/**/*") if each.is_file()
    ]
    assert len(texts) > 100
    assert not [each for each in texts if SECRET.encode() in each.read_bytes()]
    assert not [each for folder in folders for each in folder.glob("**/project/.env")]
