"""The recipes of `examples/recipes`, and the ways to run them, by Meltano's own commands."""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
from collections import Counter
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import requests

from tests.support.truth import event_fingerprint, person

ZONE = ZoneInfo("Asia/Kolkata")
DAYS = 4
TAP = "tap-clevertap"
STATE_ID = "prod:tap-clevertap-to-target-jsonl"
SALT = "pepper"
SALT_VARIABLE = "TAP_CLEVERTAP_STREAM_MAP_CONFIG_SALT"
INTERVALS = {
    "every-5-minutes": "*/5 * * * *",
    "every-10-minutes": "*/10 * * * *",
    "every-15-minutes": "*/15 * * * *",
    "every-20-minutes": "*/20 * * * *",
    "every-30-minutes": "*/30 * * * *",
    "every-hour": "0 * * * *",
    "every-3-hours": "0 */3 * * *",
    "every-6-hours": "0 */6 * * *",
    "every-12-hours": "0 */12 * * *",
    "every-day": "30 19 * * *",
}


def days_ago(number):
    return (datetime.now(ZONE) - timedelta(number)).date()


def read_from_the_first_day(project, definition):
    project.plugin(definition, TAP)["config"]["start_date"] = days_ago(DAYS).isoformat()


@pytest.fixture(scope="module")
def emulator(start_emulator_for_module):
    return start_emulator_for_module(days=DAYS, users=200, events_per_day=300)


@pytest.fixture(scope="module")
def project(example, emulator):
    project = example("recipes", read_from_the_first_day)
    project.use_emulator(emulator)
    project.secrets[SALT_VARIABLE] = SALT
    return project


def taken(project):
    """Return the rows in the output, by stream, and empty it."""
    rows = {}
    for file in sorted((project.folder / "output").iterdir()):
        stream = file.stem.rpartition("-")[0]
        rows.setdefault(stream, []).extend(map(json.loads, file.read_text().splitlines()))
        file.unlink()
    return rows


@pytest.fixture(scope="module")
def load(project):
    """Return what runs a tap, and returns the rows of each stream."""

    def run(tap, *options, **environment):
        project.run(*options, tap, "target-jsonl", **environment)
        return taken(project)

    return run


@pytest.fixture(scope="module")
def plain(load):
    """What the first run of the tap without a recipe wrote."""
    return load(TAP)


def texts(rows):
    return Counter(json.dumps(row, sort_keys=True) for row in rows)


def without(row, *names):
    return {name: value for name, value in row.items() if name not in names}


def launched(emulator, **days):
    """Return the profiles that a run must read: of those who launched the app."""
    return emulator.truth(kind="profiles", event_name="App Launched", **days)["profiles"]


def are_all(rows, emulator, **days):
    """Return whether rows are all that the emulator holds, or holds of some days."""
    events, profiles = emulator.truth(**days)["events"], launched(emulator, **days)
    return Counter(map(event_fingerprint, rows["events"])) == Counter(
        map(event_fingerprint, events)
    ) and Counter(map(person, rows["profiles"])) == Counter(map(person, profiles))


def are_the_last_days(rows, emulator):
    """Return whether rows are those of the look-back and of today."""
    return are_all(rows, emulator, from_day=f"{days_ago(1):%Y%m%d}")


def closed_days(state):
    """Return the last closed day of every event and of the profiles, once each."""
    bookmarks = state["singer_state"]["bookmarks"]
    read = [*bookmarks["events"]["partitions"], bookmarks["profiles"]]
    return {each["replication_key_value"] for each in read if "replication_key_value" in each}


def test_without_a_recipe_every_row_arrives(plain, emulator):
    assert are_all(plain, emulator)


class TestRecipes:
    def test_a_stream_and_a_field_get_other_names(self, plain, load):
        rows = load("tap-clevertap--renamed")
        renamed = [without(row, "email") | {"mail": row["email"]} for row in plain["events"]]
        assert set(rows) == {"clevertap_events", "profiles"}
        assert texts(rows["clevertap_events"]) == texts(renamed)

    def test_a_filter_lets_through_what_fits_it(self, plain, load):
        rows = load("tap-clevertap--filtered")
        fitting = [
            row
            for row in plain["events"]
            if row["identity"] is not None and row["platform"] == "Android"
        ]
        assert 0 < len(fitting) < len(plain["events"])
        assert texts(rows["events"]) == texts(fitting)
        assert texts(rows["profiles"]) == texts(plain["profiles"])

    def test_computed_fields_are_added(self, plain, load, emulator):
        rows = load("tap-clevertap--computed")["events"]
        blocks = [event["event_props"] or {} for event in emulator.truth()["events"]]
        amounts = Counter(block.get("Amount") or 0.0 for block in blocks)
        assert len(amounts) > 1
        assert Counter(row["amount"] for row in rows) == amounts
        for row in rows:
            local = datetime.fromisoformat(row["event_time"]).astimezone(ZONE)
            assert row["day"] == f"{local:%Y%m%d}"
        assert texts(without(row, "amount", "day") for row in rows) == texts(plain["events"])

    def test_a_mask_leaves_domain_and_last_digits(self, plain, load, emulator):
        rows = load("tap-clevertap--masked")
        assert_replaced(rows, plain, emulator, email=masked_email, phone=masked_phone)

    def test_hashes_are_salted(self, plain, load, emulator):
        rows = load("tap-clevertap--hashed")
        assert_replaced(rows, plain, emulator, email=hashed_email, phone=hashed_phone)

    @pytest.mark.parametrize("salt", [{}, {SALT_VARIABLE: ""}], ids=["missing", "empty"])
    def test_without_a_salt_no_hash_is_written(self, salt, project, monkeypatch):
        monkeypatch.delitem(project.secrets, SALT_VARIABLE)
        ended = project.meltano("run", "tap-clevertap--hashed", "target-jsonl", expected=1, **salt)
        assert ended.log.count("stream_maps.events: an expression fails on a record") == 1
        assert [row for row in taken(project).get("events", []) if row["email"]] == []

    def test_a_field_and_a_stream_are_dropped(self, plain, load):
        rows = load("tap-clevertap--dropped")
        assert set(rows) == {"events"}
        assert texts(rows["events"]) == texts(without(row, "email") for row in plain["events"])


def masked_email(email):
    return email and "***@" + email.partition("@")[2]


def masked_phone(phone):
    return phone and "***" + phone[-3:]


def hashed_email(email):
    return email and hashlib.sha256((SALT + email).encode()).hexdigest()


def hashed_phone(phone):
    return phone and hashlib.md5((SALT + phone.lstrip("+")).encode()).hexdigest()  # noqa: S324 - the recipe's


def assert_replaced(rows, plain, emulator, *, email, phone):
    """Check both fields of both streams, nulls included, and that no address is left."""
    people = launched(emulator)
    assert Counter((row["email"], row["phone"]) for row in rows["profiles"]) == Counter(
        (email(each["email"]), phone(each["phone"] and str(each["phone"]))) for each in people
    )
    addresses = {each["email"] for each in people} - {None}
    assert addresses
    text = json.dumps(rows)
    assert [address for address in addresses if address in text] == []
    for stream, found in rows.items():
        expected = [
            without(row, "all_identities")
            | {"email": email(row["email"]), "phone": phone(row["phone"])}
            for row in plain[stream]
        ]
        assert texts(found) == texts(expected)


@pytest.fixture(scope="module")
def second(plain, load):
    return load(TAP)


@pytest.fixture(scope="module")
def bucket():
    """The address of a bucket in moto's S3."""
    moto = pytest.importorskip("moto.server")
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}/states"
    requests.put(address, timeout=30).raise_for_status()
    yield address
    server.stop()


class TestState:
    def test_a_second_run_reads_the_look_back_and_today(self, second, emulator):
        assert are_the_last_days(second, emulator)

    def test_the_system_database_keeps_it_by_default(self, second, project):
        with sqlite3.connect(project.folder / ".meltano" / "meltano.db") as database:
            query = "select completed_state from state where state_id = ?"
            (row,) = database.execute(query, [STATE_ID])
        database.close()
        assert closed_days(json.loads(row[0])) == {str(days_ago(1))}
        assert closed_days(project.state(STATE_ID)) == {str(days_ago(1))}

    def test_a_file_keeps_it(self, load, emulator, tmp_path):
        backend = {"MELTANO_STATE_BACKEND_URI": f"file://{tmp_path}"}
        assert are_all(load(TAP, **backend), emulator)
        kept = json.loads((tmp_path / STATE_ID / "state.json").read_text())
        assert closed_days(kept["completed"]) == {str(days_ago(1))}
        assert are_the_last_days(load(TAP, **backend), emulator)

    def test_s3_keeps_it(self, load, emulator, bucket):
        backend = {
            "MELTANO_STATE_BACKEND_URI": "s3://states/clevertap",
            "MELTANO_STATE_BACKEND_S3_ENDPOINT_URL": bucket.removesuffix("/states"),
            "MELTANO_STATE_BACKEND_S3_AWS_ACCESS_KEY_ID": "any",
            "MELTANO_STATE_BACKEND_S3_AWS_SECRET_ACCESS_KEY": "any",
        }
        assert are_all(load(TAP, **backend), emulator)
        kept = requests.get(f"{bucket}/clevertap/{STATE_ID}/state.json", timeout=30).json()
        assert closed_days(kept["completed"]) == {str(days_ago(1))}
        assert are_the_last_days(load(TAP, **backend), emulator)

    def test_a_full_refresh_reads_all_again(self, second, load, emulator):
        assert are_all(load(TAP, "--full-refresh"), emulator)

    def test_a_suffix_keeps_a_state_of_its_own(self, second, load, project, emulator):
        assert are_all(load(TAP, "--state-id-suffix=again"), emulator)
        known = project.meltano("state", "list").output.split()
        assert {STATE_ID, f"{STATE_ID}:again"} <= set(known)
        assert are_the_last_days(load(TAP), emulator)


class TestConfigTest:
    def test_good_credentials_pass(self, project):
        ended = project.meltano("config", "test", TAP)
        assert ended.output.strip() == "Plugin configuration is valid"

    def test_a_wrong_passcode_is_reported_in_one_line(self, project):
        self.assert_refused(project, "wr0ng-passcode")

    def test_a_wrong_region_is_reported_in_one_line(self, project, start_emulator):
        elsewhere = start_emulator(days=1, users=1, wrong_region=True, passcode="r1ght-passcode")
        self.assert_refused(project, elsewhere.passcode, TAP_CLEVERTAP_API_URL=elsewhere.url)

    def assert_refused(self, project, passcode, **environment):
        environment["TAP_CLEVERTAP_PASSCODE"] = passcode
        ended = project.meltano("config", "test", TAP, expected=1, **environment)
        printed = ended.output + ended.log
        assert printed.count("check account_id, passcode and region") == 1
        assert passcode not in printed
        assert "Traceback" not in printed


class TestSelect:
    def test_it_lists_what_is_read_and_what_is_not(self, project):
        listed = project.meltano("select", "tap-clevertap--selected", "--list", "--all").output
        marks = {name: mark for mark, name in re.findall(r"\[(\w+) *\] (\S+)", listed)}
        assert marks["events.email"] == "excluded"
        assert marks["events.phone"] == "selected"
        assert marks["events.event_key"] == marks["events.event_time"] == "automatic"
        assert {marks[name] for name in marks if name.startswith("profiles.")} == {"excluded"}

    def test_typed_streams_are_selected_as_events_are(self, plain, project, load, emulator):
        config = {"stream_layout": "per_event"}
        typed = {"name": f"{TAP}--typed", "inherit_from": TAP, "config": config}
        project.edit(lambda definition: definition["plugins"]["extractors"].append(typed))
        rows = load(typed["name"])
        events = [row for stream in rows.keys() - {"profiles"} for row in rows[stream]]
        assert are_all({**rows, "events": events}, emulator)

    def test_what_is_not_selected_does_not_arrive(self, plain, load, emulator):
        before = len(emulator.requests()["requests"])
        rows = load("tap-clevertap--selected")
        asked = {each["path"] for each in emulator.requests()["requests"][before:]}
        assert set(rows) == {"events"}
        assert texts(rows["events"]) == texts(without(row, "email") for row in plain["events"])
        assert asked
        assert not [path for path in asked if "profiles" in path]


class TestSchedules:
    def test_every_interval_is_listed_as_cron(self, project):
        listed = json.loads(project.meltano("schedule", "list", "--format=json").output)
        jobs = listed["schedules"]["job"]
        assert {each["name"]: each["cron_interval"] for each in jobs} == INTERVALS

    def test_a_frequent_one_reads_today_alone_once_all_is_read(self, project, emulator):
        project.meltano("schedule", "run", "every-5-minutes")
        first = taken(project)
        project.meltano("schedule", "run", "every-5-minutes")
        again = taken(project)
        assert set(first) == {"events"} >= set(again)  # a day that has just begun may have none
        today = emulator.truth(from_day=f"{days_ago(0):%Y%m%d}")["events"]
        for rows, truth in ((first, emulator.truth()["events"]), (again, today)):
            found = Counter(map(event_fingerprint, rows.get("events", ())))
            assert found == Counter(map(event_fingerprint, truth))


class TestMetadata:
    """Each test continues from the state of the one before."""

    def test_incremental_is_what_the_tap_does_anyway(self, plain, project, load):
        catalog = json.loads(
            project.meltano("invoke", "--dump=catalog", "tap-clevertap--incremental").output
        )
        methods = {each["stream"]: each["replication_method"] for each in catalog["streams"]}
        assert methods["events"] == methods["profiles"] == "INCREMENTAL"
        rows = load("tap-clevertap--incremental")
        assert {stream: texts(rows[stream]) for stream in rows} == {
            stream: texts(plain[stream]) for stream in plain
        }

    def test_full_table_makes_every_run_read_all(self, project, load, emulator):
        def demand_full_table(definition):
            plugin = project.plugin(definition, "tap-clevertap--incremental")
            plugin["metadata"] = {"*": {"replication-method": "FULL_TABLE"}}

        project.edit(demand_full_table)
        assert are_all(load("tap-clevertap--incremental"), emulator)
