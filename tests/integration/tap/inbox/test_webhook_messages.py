"""The stream of pushed messages: each is read once, and what was read may be forgotten."""

from __future__ import annotations

import gzip
import json
import shutil
import sqlite3
import subprocess
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tap_clevertap.inbox.store import Inbox
from tests.support.files.tap_runs import catalog
from tests.support.inboxes import STREAM, message_of, put_messages, read_inbox, users
from tests.support.plugin_process import discovered, tap_command, write_json
from tests.support.run_output import clean_environment

DAY_MS = 86_400_000


@pytest.fixture
def inbox(tmp_path):
    return tmp_path / "inbox.sqlite"


@pytest.fixture
def read(tap_launcher, inbox, tmp_path):
    """Read the inbox as the next run does, from the last state."""
    states = [None]

    def run(*arguments, path=inbox, again=False, **settings):
        settings.setdefault("receipt_path", str(tmp_path / "receipt.json"))
        state = None if again else states[-1]
        output = read_inbox(tap_launcher, path, *arguments, state=state, **settings)
        states.extend(output.states[-1:])
        return output

    return run


@pytest.fixture
def receipt(tmp_path):
    return lambda: json.loads((tmp_path / "receipt.json").read_text())["inbox"]


def place(output):
    return output.state["bookmarks"][STREAM]


# From run to run


def test_each_message_is_read_once(read, inbox, receipt):
    put_messages(inbox, message_of("a", "b"), message_of("c"))
    output = read()
    assert (users(output), output.status) == (["a", "b", "c"], 0), output.log
    assert place(output)["message"] == 2
    put_messages(inbox, message_of("d"), b"text", message_of("e", is_test=True))
    output = read()
    assert users(output) == ["d", None, "e"]
    assert receipt() == {
        "messages": 3, "records": 3, "tests": 1, "unparsed": 1, "forgotten": 0, "gone": 0
    }  # fmt: skip
    assert "3 records of 3 messages; 1 are tests, 1 are no JSON object" in output.log
    output = read()
    assert users(output) == []
    assert output.lines[-1].startswith('{"type":"STATE"')


def test_two_runs_over_an_inbox_give_the_same_records_and_state(read, inbox):
    put_messages(inbox, message_of("a"), message_of("a", x=1))
    put_messages(inbox, message_of("a"))
    first, second = read(), read(again=True)
    assert first.records == second.records
    assert first.state == second.state
    assert len({each["message_key"] for each in first.records[STREAM]}) == 3


def test_equal_messages_further_apart_are_two_and_close_ones_one(read, inbox):
    put_messages(inbox, message_of("a"), message_of("a"))
    put_messages(inbox, message_of("a"))
    keys = [each["message_key"] for each in read().records[STREAM]]
    assert len(keys) == len(set(keys)) == 2


def test_records_of_eventbridge_have_their_source(read, inbox):
    event = {"id": "x", "detail": {"profile": {"identity": "a"}, "eventProps": {"b": 1}}}
    put_messages(inbox, event, {**event, "id": "y"}, event, source="eventbridge")
    (one, other) = read().records[STREAM]
    assert (one["source"], one["identity"], one["event_props"]) == ("eventbridge", "a", {"b": 1})
    assert json.loads(other["raw"])["id"] == "y"


def test_all_are_read_again_where_the_catalog_says_so(read, inbox):
    put_messages(inbox, message_of("a"))
    read()
    chosen = json.loads(Path(catalog(STREAM)).read_text())
    for stream in chosen["streams"]:
        stream["replication_method"] = "FULL_TABLE"
        for each in stream["metadata"]:
            if not each["breadcrumb"]:
                each["metadata"]["forced-replication-method"] = "FULL_TABLE"
    assert users(read("--catalog", write_json(chosen))) == ["a"]


def test_another_inbox_is_read_from_its_start(read, inbox):
    put_messages(inbox, message_of("a"), message_of("b"))
    read()
    inbox.unlink()
    put_messages(inbox, message_of("c"))
    output = read()
    assert users(output) == ["c"]
    assert "it is another inbox than that of the state" in output.log


@pytest.mark.parametrize("more", [0, 1, 2], ids=["behind", "level", "ahead"])
def test_an_older_copy_of_an_inbox_is_read_again(read, inbox, tmp_path, more):
    put_messages(inbox, message_of("a"))
    shutil.copy(inbox, tmp_path / "copy")
    put_messages(inbox, message_of("b"))
    read()
    shutil.copy(tmp_path / "copy", inbox)
    put_messages(inbox, *(message_of(f"new {number}") for number in range(more)))
    output = read()
    assert users(output) == ["a", *(f"new {number}" for number in range(more))]
    assert "it is an older copy of the inbox of the state" in output.log
    assert "older copy" not in read().log


# Forgetting


def note_long_ago(inbox, days):
    with closing(sqlite3.connect(inbox)) as database:
        database.execute("UPDATE reads SET read_at = read_at - ?", (days * DAY_MS,))
        database.commit()


def test_what_a_state_proved_is_forgotten_after_its_days(read, inbox, receipt):
    put_messages(inbox, message_of("a"), message_of("b"))
    read(inbox_days=2)
    note_long_ago(inbox, 9)
    put_messages(inbox, message_of("c"))
    output = read(inbox_days=2)
    assert users(output) == ["c"]
    assert receipt()["forgotten"] == 0, "the first run had no state, so nothing was proved"
    note_long_ago(inbox, 1)
    read(inbox_days=2)
    assert receipt()["forgotten"] == 0
    note_long_ago(inbox, 1)
    read()
    assert receipt()["forgotten"] == 0, "inbox_days is 0"
    output = read(inbox_days=2)
    assert receipt()["forgotten"] == 2
    assert "2 messages were forgotten" in output.log
    assert users(read(again=True)) == ["c"]
    assert receipt()["gone"] == 2


@pytest.mark.parametrize("has_state", [True, False])
def test_a_run_forgets_nothing_that_it_has_to_read(read, inbox, tap_launcher, receipt, has_state):
    put_messages(inbox, message_of("a"))
    slow = read().state if has_state else None
    put_messages(inbox, message_of("b"))
    read()
    read()
    note_long_ago(inbox, 9)
    output = read_inbox(tap_launcher, inbox, state=slow, inbox_days=2)
    assert users(output) == (["b"] if has_state else ["a", "b"])
    assert "are gone" not in output.log
    read(inbox_days=2)
    assert receipt()["forgotten"] == (1 if has_state else 2), "what this one has read"


def test_a_bookmark_below_what_is_forgotten_is_told(read, inbox, tap_launcher):
    put_messages(inbox, message_of("a"), message_of("b"), message_of("c"))
    early = read()
    early.state["bookmarks"][STREAM].update(message=1)
    with closing(sqlite3.connect(inbox)) as database:
        database.execute("DELETE FROM messages WHERE id <= 2")
        database.execute("UPDATE facts SET value = 2 WHERE key = 'forgotten'")
        database.commit()
    output = read_inbox(tap_launcher, inbox, state=early.state)
    assert users(output) == ["c"]
    assert "1 messages were forgotten before this state had them, and are gone" in output.log


@pytest.mark.parametrize(("up_to", "read_on"), [(900, 100), (1_000, 0)])
def test_what_another_pipeline_forgets_during_a_run_is_told(inbox, tmp_path, up_to, read_on):
    put_messages(inbox, *(message_of(str(number), pad="x" * 900) for number in range(1_000)))
    receipt_path = tmp_path / "receipt.json"
    config = {"inbox_path": str(inbox), "receipt_path": str(receipt_path)}
    command = tap_command(config, arguments=("--catalog", catalog(STREAM)))
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=log, env=clean_environment()
        )
    begun = b""
    while b'"RECORD"' not in begun:  # and then it waits for its reader
        begun += process.stdout.readline()
    with closing(Inbox(str(inbox))) as other:
        other.note_read(up_to, read_at=1)
        assert other.forget(1) == up_to
    lines = [json.loads(line) for line in (begun + process.stdout.read()).splitlines()]
    process.stdout.close()
    assert process.wait(60) == 0
    number = sum(line["type"] == "RECORD" for line in lines)
    gone = 1_000 - number
    assert read_on < number < 1_000
    log = (tmp_path / "log").read_text()
    assert f"{gone} messages were forgotten before this state had them, and are gone" in log
    assert json.loads(receipt_path.read_text())["inbox"]["gone"] == gone


def test_a_key_does_not_come_again_after_forgetting(read, inbox):
    put_messages(inbox, message_of("a"))
    first = read(inbox_days=1)
    read(inbox_days=1)
    note_long_ago(inbox, 2)
    read(inbox_days=1)
    put_messages(inbox, message_of("a"))
    second = read(inbox_days=1)
    assert users(second) == ["a"]
    assert second.records[STREAM][0]["message_key"] != first.records[STREAM][0]["message_key"]


# Selection, settings, check


def test_it_is_off_until_it_is_selected():
    (found,) = [each for each in discovered()["streams"] if each["tap_stream_id"] == STREAM]
    root = next(each["metadata"] for each in found["metadata"] if not each["breadcrumb"])
    assert root["selected"] is False
    assert found["key_properties"] == ["message_key"]
    assert found["replication_key"] == "received_at"


def test_the_setting_select_needs_no_credentials(read, inbox):
    put_messages(inbox, message_of("a"))
    output = read("--catalog", catalog(), select=[STREAM])
    assert users(output) == ["a"], output.log
    assert "WARNING" not in output.log, "nothing that the API needs is missed"
    assert output.schemas.keys() == {STREAM}


def test_the_catalog_alone_needs_no_credentials(tap_launcher, tmp_path):
    config, chosen = write_json({}), catalog(STREAM)
    arguments = ("--config", config, "--catalog", chosen)
    put_messages(tmp_path / "clevertap-inbox.sqlite", message_of("a"))
    assert users(tap_launcher.run(*arguments, cwd=tmp_path)) == ["a"]


@pytest.mark.parametrize(
    ("patterns", "fault"),
    [([f"{STREAM}.*"], ""), (["*.*"], "account_id: it is missing; set it")],
    ids=["named", "all"],
)
def test_meltano_reads_it_where_it_is_named(tap_launcher, inbox, patterns, fault):
    put_messages(inbox, message_of("a"))
    selection = [("MELTANO_EXTRACT__SELECT", json.dumps(patterns))]
    chosen = json.loads(Path(catalog(STREAM)).read_text())
    if fault:
        for stream in chosen["streams"]:
            stream["metadata"][0]["metadata"]["selected"] = True
    arguments = ("--catalog", write_json(chosen))
    output = read_inbox(tap_launcher, inbox, *arguments, environment=selection)
    assert users(output) == ([] if fault else ["a"]), output.log
    assert fault in output.log


def test_a_stream_of_the_api_needs_credentials(tap_launcher, inbox):
    put_messages(inbox, message_of("a"))
    config = {"inbox_path": str(inbox), "select": [STREAM]}
    output = tap_launcher.run("--config", write_json(config))
    assert "account_id: it is missing; set it, or select only webhook_messages" in output.log
    config["account_id"] = "TEST-000-0000"
    output = tap_launcher.run("--config", write_json(config))
    assert "passcode: it is missing; set it, or select only streams of export files" in output.log
    assert (output.status, output.records) == (1, {})


def test_a_state_of_the_api_is_kept_by_a_run_without_an_account(tap_launcher, inbox):
    put_messages(inbox, message_of("a"))
    events = {"version": 1, "account": "0" * 64, "host": "api", "timezone": "UTC", "partitions": []}
    state = {"bookmarks": {"events": events}}
    output = read_inbox(tap_launcher, inbox, state=state)
    assert users(output) == ["a"], output.log
    assert output.state["bookmarks"]["events"] == events
    assert "account" not in place(output)


def test_the_time_zone_of_an_earlier_run_does_not_matter(read, inbox):
    put_messages(inbox, message_of("a"))
    read(timezone="Asia/Kolkata")
    assert read(timezone="UTC").status == 0


@pytest.mark.parametrize("command", [(), ("--test",), ("check",)], ids=["run", "test", "check"])
def test_a_missing_inbox_is_named(tap_launcher, tmp_path, command):
    config = write_json({"inbox_path": str(tmp_path / "typo.sqlite"), "select": [STREAM]})
    chosen = () if "check" in command else ("--catalog", catalog())
    tap_launcher.start(*command, "--config", config, *chosen)
    status, log = tap_launcher.ended()
    written = log + tap_launcher.written()
    assert status == 1
    assert "inbox_path: " in written or "failed inbox: " in written
    assert "typo.sqlite" in written
    assert "start `tap-clevertap receive`" in written
    assert '"type":"STATE"' not in written
    assert not (tmp_path / "typo.sqlite").exists()


def test_a_file_that_is_no_inbox_is_named(read, tmp_path):
    (tmp_path / "other").write_text("something else" * 100)
    output = read(path=tmp_path / "other")
    assert output.status == 1
    assert "other` is not an inbox" in output.log


def test_a_place_in_the_state_that_cannot_be_read_is_refused(tap_launcher, inbox):
    put_messages(inbox, message_of("a"))
    with closing(Inbox(str(inbox))) as opened:
        inbox_id = opened.inbox_id
    for wrong in (
        {"message": "x"}, {"message": -1}, {"inbox": 5}, {"received_at": 1.5}, {"message": 2**100}
    ):  # fmt: skip
        state = {"bookmarks": {STREAM: {"version": 1, "inbox": inbox_id, **wrong}}}
        output = read_inbox(tap_launcher, inbox, state=state)
        assert output.status == 1
        assert "state: its place in the inbox cannot be read" in output.log


def test_the_test_of_the_connection_needs_no_credentials(tap_launcher, inbox):
    put_messages(inbox, message_of("a"))
    output = read_inbox(tap_launcher, inbox, "--test", select=[STREAM])
    assert (output.status, users(output)) == (0, ["a"]), output.log
    with closing(sqlite3.connect(inbox)) as database:
        assert database.execute("SELECT * FROM reads").fetchall() == []


def test_the_check_finds_messages(tap_launcher, inbox, tmp_path):
    put_messages(inbox, message_of("a"), message_of("b"))
    for path, code in [(inbox, "ok"), (tmp_path / "nothing", "no_inbox")]:
        config = write_json({"inbox_path": str(path), "select": [STREAM]})
        tap_launcher.start("check", "--config", config, "--format", "json", speed=1)
        status, log = tap_launcher.ended()
        found = {each["check"]: each for each in json.loads(tap_launcher.written())["findings"]}
        assert found.keys() == {"settings", "inbox", "inbox_access"}, log
        assert (found["inbox"]["code"], status) == (code, int(code != "ok"))
    assert "start `tap-clevertap receive`" in found["inbox"]["advice"]


# Records through the SDK

EXACT = "12345678901234567890123456.10"


def test_stream_maps_change_records_and_numbers_stay_exact(read, inbox):
    put_messages(inbox, b'{"profiles":[{"identity":"a","n":%b}]}' % EXACT.encode())
    maps = {STREAM: {"who": "identity.upper()", "__alias__": "renamed"}}
    output = read(stream_maps=maps)
    (record,) = output.records["renamed"]
    assert record["who"] == "A"
    assert record["profile"]["n"] == Decimal(EXACT)
    assert "renamed" not in read(stream_maps=maps).records


def test_deselected_columns_are_left_out(read, inbox):
    put_messages(inbox, message_of("a", custom=1))
    chosen = json.loads(Path(catalog(STREAM)).read_text())
    for stream in chosen["streams"]:
        for each in stream["metadata"]:
            if each["breadcrumb"] == ["properties", "raw"]:
                each["metadata"]["selected"] = False
    (record,) = read("--catalog", write_json(chosen)).records[STREAM]
    assert "raw" not in record
    assert record["identity"] == "a"


@pytest.mark.parametrize("mapped", [False, True], ids=["plain", "mapped"])
def test_batches_have_the_records(read, inbox, tmp_path, mapped):
    names = [str(number) for number in range(250)]
    put_messages(inbox, message_of(*names), *map(message_of, names))
    settings = {
        "batch_config": {
            "encoding": {"format": "jsonl", "compression": "gzip"},
            "storage": {"root": (tmp_path / "batches").as_uri()},
            "batch_size": 100,
        },
        **({"stream_maps": {STREAM: {"raw": None}}} if mapped else {}),
    }
    messages = [json.loads(line) for line in read(**settings).lines]
    assert {each["type"] for each in messages} == {"SCHEMA", "BATCH", "STATE"}
    found = [
        json.loads(line)["identity"]
        for message in messages
        for url in message.get("manifest", ())
        for line in gzip.decompress(Path(urlsplit(url).path).read_bytes()).splitlines()
    ]
    assert found == names * 2
    assert messages[-1]["value"]["bookmarks"][STREAM]["message"] == 251


def test_every_record_fits_the_schema(read, inbox):
    import jsonschema  # noqa: PLC0415 - slow to import

    odd = {"is_test": 1, "key_values": 5, "profiles": [None, 5, {"identity": 5}]}
    put_messages(inbox, b"", b"\xff", b"[1]", b"{}", odd, {"targetId": 2**70}, message_of("a"))
    output = read()
    schema = output.schemas[STREAM]["schema"]
    for record in output.records[STREAM]:
        jsonschema.validate(json.loads(json.dumps(record, default=float)), schema)
    assert len(output.records[STREAM]) == 9


def test_the_receipt_as_a_page_has_the_messages(read, inbox, tmp_path):
    put_messages(inbox, message_of("a"))
    read(receipt_path=str(tmp_path / "receipt.html"))
    page = (tmp_path / "receipt.html").read_text()
    assert "<h2>Pushed messages</h2>" in page
    assert "<dt>Records</dt><dd>1</dd>" in page
