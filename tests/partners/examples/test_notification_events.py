"""`examples/notification-events`: all events in one table, once, whichever road they took."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import requests

from clevertap_emulator.settings import UNEXPORTABLE
from tests.partners.meltano_project import installing_environment
from tests.support.example_copies import copied, for_the_project
from tests.support.page_reader import Reader
from tests.support.ports import free_port
from tests.support.truth import event_fingerprint

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "examples" / "notification-events"
ZONE = ZoneInfo("Asia/Kolkata")


@pytest.fixture(scope="module")
def reader(tmp_path_factory, repository, postgres):
    folder, port = tmp_path_factory.mktemp("notification-events"), free_port()
    environment = installing_environment(repository)
    with Reader(folder, replacements={r"\b5000\b": str(port)}, **environment) as reader:
        values = {
            "PGPORT": postgres.port,
            "TAP_CLEVERTAP_API_URL": f"http://127.0.0.1:{reader.port}",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        }
        copied(EXAMPLE, folder, **values)
        reader.began = int(datetime.now(ZONE).strftime("%Y%m%d%H%M%S"))  # its world goes on
        reader.run("examples/notification-events/README.md", "Set up")
        reader.run("examples/notification-events/README.md", "Set up", "shell", 2)
        yield reader


def truth(reader, *names):
    """Return the events that CleverTap has of these names, or all that the API gives."""
    url = f"http://127.0.0.1:{reader.port}/_emulator/truth"
    answer = requests.get(url, params={"event_name": names, "kind": "events"}, timeout=60).json()
    return Counter(map(event_fingerprint, answer["events"]))


def table(postgres):
    return Counter(map(event_fingerprint, postgres.rows("clevertap.events")))


@pytest.fixture(scope="module")
def first(reader):
    reader.run("examples/notification-events/README.md", "Check")
    return reader.run("examples/notification-events/README.md", "Run").log


def test_all_events_are_there_once(first, reader, postgres):
    refused, others = truth(reader, *UNEXPORTABLE), truth(reader)
    assert refused.total() > 0
    assert others.total() > 0
    assert table(postgres) == refused + others


def test_the_filter_has_what_the_receipt_names(first, reader):
    output = reader.run("examples/notification-events/README.md", "Is it right?").output
    listed = [line.split(" - ")[0] for line in output.splitlines() if " - " in line]
    assert set(listed) == set(UNEXPORTABLE)
    text = (EXAMPLE / "meltano.yml").read_text()
    assert str(tuple(UNEXPORTABLE)) in text


def test_a_refused_event_that_the_filter_lacks_is_named(first, reader):
    path = Path(reader.type("pwd").output.strip()) / "meltano.yml"
    text = path.read_text()
    path.write_text(text.replace("'Push Impressions'", "'Another'"))
    ended = reader.run("examples/notification-events/README.md", "Is it right?", expected=1)
    path.write_text(text)
    assert "not in __filter__, so in no table: ['Push Impressions']" in ended.log


def test_no_event_comes_by_both_roads(first, reader):
    ended = reader.run("examples/notification-events/README.md", "Is it right?", "shell", 2)
    assert ended.output == ""


def test_a_second_night_with_an_export_that_overlaps_doubles_nothing(first, reader, postgres):
    before = table(postgres)
    export = "clevertap-emulator export --out more --days 8 --users 100 --events-per-day 300"
    reader.type(f"{export} --export-id 1761651722")
    reader.type(
        'for file in more/*; do curl -sf -T "$file" $AWS_ENDPOINT_URL/exports/clevertap/; done'
    )
    reader.run("examples/notification-events/README.md", "Run")
    after = table(postgres)
    assert before <= after
    assert all(json.loads(each)[1] >= reader.began for each in after - before)  # of today


def test_after_the_trial_the_project_reads_all_files(
    first, reader, postgres, start_emulator_for_module
):
    project = start_emulator_for_module(days=2, users=5, account_id="TEST-000-0001")
    folder = Path(reader.type("pwd").output.strip())
    endpoint = reader.type("echo $AWS_ENDPOINT_URL").output.strip()
    before = {name: count for name, count in counted(postgres) if name in UNEXPORTABLE}
    own = f"sed s/TEST-000-0000/{project.account_id}/"  # files have the account in their names
    reader.type(
        "for file in $(ls -d files/* more/* 2> others); do\n"
        f'  curl -sf -T "$file" {endpoint}/exports/project/$(basename "$file" | {own})\n'
        "done"
    )
    values = {"EXPORT_FILES_URL": "s3://exports/project"}
    for_the_project(folder, TAP_CLEVERTAP_ACCOUNT_ID=project.account_id, **values)
    reader.run("examples/notification-events/README.md", "For the real CleverTap")
    names = "API_URL|ENDPOINT_URL|ACCESS_KEY"
    assert reader.type(f"env | grep -E '{names}' || true").output == ""
    reader.type(
        f"export TAP_CLEVERTAP_API_URL={project.url} AWS_ENDPOINT_URL={endpoint}\n"
        "export AWS_ACCESS_KEY_ID=key AWS_SECRET_ACCESS_KEY=secret"
    )
    reader.run("examples/notification-events/README.md", "Run")
    after = dict(counted(postgres))
    assert {name: after.get(name) for name in before} == before
    assert after["Charged"] == len(project.truth(event_name="Charged")["events"])


def counted(postgres):
    return postgres.query("select event_name, count(*) from clevertap.events group by 1")
