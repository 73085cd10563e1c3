"""The sections of the README, run as they are written: what one promises, a run does."""

from __future__ import annotations

import gzip
import json
import math
import shlex
from collections import Counter
from datetime import datetime, timezone
from pathlib import Path

import duckdb
import pytest

from tap_clevertap.typed.layout import stream_names
from tests.support.days import days_ago
from tests.support.pages import README, block, documented, lines_of, section
from tests.support.plugin_process import tap_config
from tests.support.receiver import ReceiverProcess
from tests.support.truth import event_fingerprint, person

FEATURES = (
    "Webhooks",
    "Check",
    "Names of events",
    "Names that come and go",
    "Profiles",
    "Anonymous users",
    "Further streams",
    "Typed streams",
    "Query",
    "Counts",
    "Late data",
    "Receipt",
    "Progress",
    "Stream maps",
    "Batch files",
)
MOST_LINES = 10
WORLD = {"timezone": "UTC", "days": 31, "users": 120, "events_per_day": 150, "preparing": 0}


def day(ago):
    return days_ago(ago).isoformat()


def number(ago):
    """Return a day as CleverTap writes it."""
    return int(f"{days_ago(ago):%Y%m%d}")


def day_of(row):
    return row["ts"] // 1_000_000


def test_the_receiver_of_the_readme_starts(tmp_path):
    command, _, _ = block(README, "Webhooks", "shell").partition("#")
    assert shlex.split(command)[:4] == ["tap-clevertap", "receive", "--config", "config.json"]
    receiver = ReceiverProcess(tmp_path)  # with --port 0 instead
    assert receiver.request(body=b"{}").status == 200
    assert receiver.stop() == 0


@pytest.fixture(scope="module")
def world(start_emulator_for_module):
    return start_emulator_for_module(**WORLD)


@pytest.fixture
def emulator(world):
    world.reset()
    return world


@pytest.fixture
def folder(tap_launcher):
    """Return the folder in which the tap runs."""
    return tap_launcher.folder


@pytest.fixture
def read(launch_tap, emulator):
    """Run the tap with the settings of a section, and others."""

    def run(shown, *, state=None, **settings):
        days = {"start_date": day(30), "timezone": "UTC"}
        config = tap_config(emulator, **days | shown | settings)
        return launch_tap(config, state=state)

    return run


def events_of(emulator, *names, kind="events"):
    return emulator.truth(kind=kind, **({"event_name": names} if names else {}))[kind]


def partitions(output):
    found = output.state["bookmarks"]["events"]["partitions"]
    return {each["context"]["event_name"]: each.get("replication_key_value") for each in found}


def opened(emulator, since=0):
    asked = emulator.requests(since=since)["requests"]
    return [(each["from"], each["to"]) for each in asked if each["kind"] == "open"]


def fingerprints(rows):
    return Counter(map(event_fingerprint, rows))


@pytest.mark.parametrize("heading", FEATURES)
def test_a_feature_is_described_in_under_ten_lines(heading):
    assert len(lines_of(section(README, heading))) < MOST_LINES


def test_every_block_of_the_readme_is_of_a_feature_that_is_tested():
    text = Path(__file__).parents[3].joinpath(README).read_text()
    parts = text.split("\n## ")[1:]
    assert {part.partition("\n")[0] for part in parts if "```" in part} == {*FEATURES}


def test_names_of_events(read, emulator, folder):
    url = f"{emulator.url}/_emulator/schema.csv?titles=usual&properties=on"
    settings = documented(README, "Names of events")
    (folder / settings["events_file"]).write_bytes(emulator.session.get(url, timeout=60).content)
    output = read(documented(README, "Names of events"), start_date=day(1))
    assert output.status == 0, output.log
    listed = emulator.api("GET", "/getSchema?type=events").json()["events"]
    names = {each["name"] for each in listed}
    assert partitions(output).keys() == names - {*settings["excluded_events"]}
    assert settings["excluded_events"][0] in names


def test_names_that_come_and_go(read, emulator):
    settings = documented(README, "Names that come and go")
    gone, new = "Search", "Loyalty Card Issued"
    first = read(settings, end_date=day(11))
    emulator.schema(gone, left_out=1)
    emulator.rows(new, number(28), add=2)
    second = read(settings, end_date=day(6), state=first.state)
    assert partitions(second)[gone] == partitions(first)[gone] == day(11)
    assert new in {row["event_name"] for row in second.events if day_of(row) == number(28)}
    emulator.schema("Video  played", renamed="Video watched")
    third = read(settings, state=second.state)
    assert [each.status for each in (first, second, third)] == [0, 0, 0]
    rows = [row for each in (first, second, third) for row in each.events]
    found = {row["event_key"] for row in rows if row["event_name"] == gone}
    assert len(found) == len(events_of(emulator, gone))
    assert min(day_of(row) for row in third.events if row["event_name"] == gone) >= number(11)
    reports = [each.log.count("it has discarded events") for each in (first, second, third)]
    assert reports == [1, 0, 0]
    assert "leaves out 1 events that were read before (`Search`)" in second.log
    assert "perhaps renamed (`Video watched` appeared)" in third.log
    assert "`Search`" not in third.log


def test_profiles(read, emulator, folder):
    everyone = events_of(emulator, kind="profiles")
    known = next(each["identity"] for each in everyone if each["identity"])
    quiet = {"type": "profile", "identity": "quiet-1", "profileData": {"Plan": "Gold"}}
    assert emulator.api("POST", "/1/upload", json={"d": [quiet]}).json()["processed"] == 1
    settings = documented(README, "Profiles")
    path = folder / settings["known_users_file"]
    path.write_text(f"quiet-1\n{known}\nnobody-1\n")
    output = read(documented(README, "Profiles"), events=["Charged"])
    assert output.status == 0, output.log
    by_identity = {row["identity"]: row for row in output.profiles}
    assert by_identity["quiet-1"]["profile_data"]["Plan"] == "Gold"
    others = [row for row in output.profiles if row["identity"] != "quiet-1"]
    assert Counter(map(person, others)) == Counter(map(person, everyone))
    asked = [each for each in emulator.requests()["requests"] if each["path"] == "/1/profile.json"]
    assert len(asked) == 2
    assert "1 of the 2 users that were asked for are unknown" in output.log
    assert any("badKs" in (row["profile_data"] or {}) for row in output.profiles)


@pytest.mark.parametrize("kind", ["varchar[]", "json"])  # target-duckdb makes JSON of lists
def test_anonymous_users(kind):
    rows = [("a", None, '["d1"]'), ("b", "anna", '["d1", "d2"]'), ("c", None, '["d3"]')]
    with duckdb.connect() as database:
        columns = f"profile_key varchar, identity varchar, object_ids {kind}"
        database.execute(f"create table profiles ({columns})")
        database.executemany("insert into profiles values (?, ?, ?)", rows)
        found = database.execute(block(README, "Anonymous users", "sql")).fetchall()
    assert sorted(key for key, *_ in found) == ["b", "c"]


def test_further_streams(read, emulator):
    names = documented(README, "Further streams")["select"]
    first = read(documented(README, "Further streams"), events=["Charged"])
    assert first.status == 0, first.log
    assert first.records.keys() == {"events", *names}
    refused = {"match": {"path": "/1/targets/list.json"}, "action": {"status": 403}}
    emulator.faults([refused])
    second = read(documented(README, "Further streams"), events=["Charged"], state=first.state)
    assert second.status == 0, second.log
    assert second.records.keys() == {"events", "message_reports"}
    assert second.log.count("campaigns is left out: ") == 1


def test_typed_streams(read, emulator):
    output = read(documented(README, "Typed streams"))
    assert output.status == 0, output.log
    rows = [row for found in output.records.values() for row in found]
    assert fingerprints(rows) == fingerprints(events_of(emulator))
    amounts = [row["amount"] for row in output.records["event_charged"]]
    with duckdb.connect() as database:
        database.execute("create table event_charged (amount double)")
        database.executemany("insert into event_charged values (?)", [[each] for each in amounts])
        ((found,),) = database.execute(block(README, "Typed streams", "sql")).fetchall()
    blocks = [row["event_props"] or {} for row in events_of(emulator, "Charged")]
    assert math.isclose(found, math.fsum(each.get("Amount") or 0 for each in blocks))
    for row in output.records["event_product_viewed"]:
        sent = (row["event_props"] or {}).get("Delivery By")
        given = row["delivery_by"] and datetime.fromisoformat(row["delivery_by"])
        assert given == (sent and datetime.fromtimestamp(int(sent[3:]), timezone.utc))
    carts = output.records["event_added_to_cart"]
    texts = [row for row in carts if isinstance((row["event_props"] or {}).get("Quantity"), str)]
    assert texts
    assert {row["quantity"] for row in texts} == {None}


def test_the_page_of_typed_streams_has_true_names():
    (name,) = stream_names(["Café bestellt ☕"]).values()
    assert f"`{name}`" in section("docs/typed-streams.md", "Names")


def test_the_page_of_queries_has_one_that_selects(read, emulator):
    output = read(documented("docs/query.md", "Query"))
    assert output.status == 0, output.log
    amounts = [row["event_props"]["Amount"] for row in output.events]
    assert min(amounts) >= 99.5
    assert len(amounts) < len(events_of(emulator, "Charged"))


def test_counts(read, emulator):
    emulator.rows("Charged", number(0), add=1)  # just after midnight it has none
    emulator.rows("Charged", number(26), hide=1)
    emulator.rows("Search", number(21), add=3000)
    emulator.rows("Search", number(21), hide=1)  # less than the tolerance
    settings = documented(README, "Counts")
    output = read(settings, events=["Charged", "Search", "Refund Requested"])
    assert output.status == 1
    assert "verify_counts: rows are missing of 1 events (`Charged`)" in output.log
    assert partitions(output)["Charged"] == day(27)
    assert partitions(output)["Search"] == day(1)
    asked = emulator.requests()["requests"]
    exported = {each["event_name"] for each in asked if each["path"] == "/1/events.json"}
    assert exported == {"Charged", "Search"}
    warned = read(settings, events=["Charged"], verify_counts="warn")
    assert warned.status == 0
    assert warned.log.count(f"{day(26)}: ") == 1
    again = read(settings, events=["Charged"], verify_counts="warn", state=warned.state)
    assert {*map(day_of, again.events)} == {number(26), number(1), number(0)}


def test_late_data(read, emulator):
    first = read(documented(README, "Late data"), events=["Charged"])
    emulator.rows("Charged", number(28), add=1)
    before = len(emulator.requests()["requests"])
    second = read(documented(README, "Late data"), events=["Charged"], state=first.state)
    assert (first.status, second.status) == (0, 0)
    late, recent = sorted(opened(emulator, since=before))
    assert late == (number(28), number(28))
    assert recent == (number(1), number(0))
    keys = {row["event_key"] for output in (first, second) for row in output.events}
    assert len(keys) == len(events_of(emulator, "Charged"))


def test_receipt(read, folder):
    settings = documented(README, "Receipt")
    assert read(documented(README, "Receipt"), events=["Charged"]).status == 0
    page = (folder / settings["receipt_path"]).read_text()
    assert page.startswith("<!DOCTYPE html>")
    assert "<strong>Complete.</strong>" in page
    failed = read(documented(README, "Receipt"), passcode="wrong")
    assert failed.status == 1
    assert "Complete." not in (folder / settings["receipt_path"]).read_text()


def test_the_page_of_receipts_has_all_fields(read, folder):
    written = json.loads(block("docs/receipt.md", "The JSON", "json"))
    read(documented(README, "Receipt"), events=["Charged"], receipt_path="receipt.json")
    found = json.loads((folder / "receipt.json").read_text())
    for one, other in (
        (written, found),
        (written["requests"], found["requests"]),
        (written["events"][0], found["events"][0]),
        (written["events"][0]["days"][0], found["events"][0]["days"][0]),
    ):
        assert one.keys() == other.keys()


def test_stream_maps(read, emulator):
    settings = documented(README, "Stream maps")
    output = read(settings, events=["Charged"])
    assert output.status == 0, output.log
    blocks = [row["event_props"] or {} for row in events_of(emulator, "Charged")]
    amounts = Counter(float(each.get("Amount") or 0) for each in blocks)
    assert Counter(float(row["amount"]) for row in output.events) == amounts
    assert not [row for row in output.events if "email" in row]
    refused = read(settings, flattening_enabled=True, flattening_max_depth=2)
    assert refused.status == 1


def test_batch_files(read, emulator, tmp_path):
    config = documented(README, "Batch files")["batch_config"]
    config["storage"] = {"root": tmp_path.as_uri()}
    output = read(documented(README, "Batch files"), events=["Charged"], batch_config=config)
    assert output.status == 0, output.log
    batches = [json.loads(line) for line in output.lines if '"BATCH"' in line]
    files = [tmp_path / url.rpartition("/")[2] for each in batches for url in each["manifest"]]
    texts = [gzip.decompress(each.read_bytes()) for each in files]
    rows = [json.loads(line) for text in texts for line in text.splitlines()]
    assert fingerprints(rows) == fingerprints(events_of(emulator, "Charged"))
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
