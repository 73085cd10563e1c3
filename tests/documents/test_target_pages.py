"""Pages about the target: their settings, rules and commands, run on a few records."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest
import yaml

from tests.integration.target.presets import tables
from tests.support.pages import block, documented
from tests.support.plugin_process import run_tap, tap_config
from tests.support.sftp_servers import asyncssh_server
from tests.support.target_process import lines, order, orders, record, schema

README = "target-clevertap/README.md"
PLAIN = {"id": {"type": "integer"}, "email": {"type": "string"}, "plan": {"type": "string"}}


def customers(*plans, stream="customers"):
    rows = [
        record(stream, id=at, email=f"user{at}@example.org", plan=plan)
        for at, plan in enumerate(plans)
    ]
    return [schema(stream, PLAIN, ["id"], []), *rows]


def test_only_changed_profiles_are_sent(target):
    settings = yaml.safe_load(block("docs/changes-only.md", "Only profiles that changed", "yaml"))
    assert target.run(customers("a", "b", "c"), **settings).status == 0
    again = target.run(customers("a", "changed", "c"), **settings)
    assert "unchanged 2 (not sent)" in again.log
    assert len(target.delivered()) == 4


def test_a_wrong_identity_column_stops_the_run(target):
    settings = yaml.safe_load(
        block("docs/wrong-identity.md", "The guard against a wrong identity column", "yaml")
    )
    rules = {"customers": {"type": "profile", "identity": "email"}}
    ran = target.run(customers(*"p" * 30), streams=rules, **settings)
    assert ran.status == 1
    assert "`email`" in ran.log
    assert target.delivered() == []


def completed(**columns):
    names = {"id": {}, "user_id": {}, "revenue": {}, "total": {}, "context_ip": {}, "sku": {}}
    times = {"timestamp": {}, "received_at": {}, "event": {}, "order_id": {}, "currency": {}}
    row = {
        "id": "m1",
        "event": "order_completed",
        "user_id": "anna",
        "timestamp": "2026-01-01T00:00:00Z",
        "received_at": "2026-01-01T00:00:05Z",
        "order_id": "o1",
        "revenue": 9.5,
        "total": 11.5,
        "currency": "EUR",
        "context_ip": "192.0.2.1",
        "sku": "tea",
        **columns,
    }
    stream = "public-order_completed"
    return [schema(stream, {**names, **times}, ["id"], ["received_at"]), record(stream, **row)]


def test_a_preset_is_enough_for_a_table(target):
    settings = yaml.safe_load(block("docs/presets.md", "Presets", "yaml"))
    assert target.run(completed(), **settings).status == 0
    (sent,) = target.delivered()
    assert (sent["evtName"], sent["identity"]) == ("Charged", "anna")
    assert sent["evtData"]["Amount"] == 9.5


def test_a_key_next_to_a_preset_wins(target):
    settings = yaml.safe_load(block("docs/presets.md", "Keys next to a preset", "yaml"))
    assert target.run(completed(), **settings).status == 0
    (sent,) = target.delivered()
    assert sent["evtData"]["Amount"] == 11.5
    assert not {"id", "context_ip"} & sent["evtData"].keys()
    plain = yaml.safe_load(block("docs/presets.md", "Presets", "yaml"))
    target.emulator.reset()
    target.ledger.unlink()
    assert target.run(completed(), **plain).status == 0
    assert {"Currency", "Charged ID"} & target.delivered()[0]["evtData"].keys() == {
        "Currency",
        "Charged ID",
    } & sent["evtData"].keys()


def test_a_kind_of_a_preset_is_changed(target):
    settings = yaml.safe_load(block("docs/presets.md", "Kinds of records", "yaml"))
    at = {"timestamp": "2026-01-01T00:00:00Z"}
    page = {"type": "page", "name": "Home", "properties": {"path": "/"}, **at}
    track = {"type": "track", "event": "Signed Up", "properties": {}, **at}
    messages = [
        schema("messages", tables.MESSAGE_COLUMNS, ["messageId"], ["timestamp"]),
        record("messages", messageId="1", userId="anna", **page),
        record("messages", messageId="2", userId="anna", **track),
    ]
    ran = target.run(messages, **settings)
    assert ran.status == 0, ran.log
    assert {each["evtName"] for each in target.delivered()} == {"Page Viewed", "Signed Up"}


def test_the_target_reads_batch_files(target, emulator, tmp_path):
    page = yaml.safe_load(block("docs/batch-files.md", "Batch files", "yaml"))
    (plugin,) = page["plugins"]["extractors"]
    batches = plugin["config"]["batch_config"]
    assert batches["storage"]["root"] == "file:///var/batches"
    batches["storage"]["root"] = tmp_path.as_uri()
    days = {
        "start_date": str(datetime.now(timezone.utc).date() - timedelta(3)),
        "events": ["Charged"],
    }
    read = run_tap(tap_config(emulator, **days, **plugin["config"]))
    assert '"BATCH"' in "".join(read.lines)
    ran = target.run(("\n".join(read.lines) + "\n").encode(), streams={})
    assert ran.status == 0, ran.log
    truth = emulator.truth(event_name="Charged", kind="events")["events"]
    assert len(target.delivered()) == len(truth) - len(target.delivered())  # the truth has both


def test_a_code_is_explained(reader):
    shown = reader.run("docs/codes.md", "Codes of rejects", "bash")
    assert "Email is not valid" in shown.output


def test_a_dry_run_of_a_pipeline_sends_nothing(reader, folder, configured, emulator):
    configured(
        dry_run="local",
        streams={"orders": {"type": "event", "event": "Ordered", "identity": "email"}},
    )
    (folder / "orders.jsonl").write_bytes(lines(orders(3)))
    reader.type("some-tap() { cat orders.jsonl; }")
    shown = reader.run("docs/dry-run.md", "Dry runs")
    assert shown.output == ""
    assert "3 would be delivered" in shown.log
    assert emulator.uploads()["events"] == []


@pytest.fixture
def rejected(target, configured):
    """Leave four rejects, of which one has a bad e-mail address, for commands in the folder."""
    rules = {"people": {"type": "profile", "identity": "id", "properties": {"Email": "email"}}}
    settings = {"rejects_path": "clevertap-rejects.jsonl", "ledger_path": "clevertap-ledger.sqlite"}
    columns = {"id": {"type": ["string", "null"]}, "email": {"type": "string"}}
    messages = [
        schema("people", columns, ["id"], []),
        record("people", id="anna", email="no address"),
        record("people", id=None, email="ben@example.org"),
    ]
    ran = target.run(messages, streams=rules, max_rejects=-1, **settings)
    assert ran.status == 0, ran.log
    configured(streams=rules, max_rejects=-1, **settings)


@pytest.mark.usefixtures("rejected")
def test_rejects_are_shown_sent_again_and_imported(reader, folder):
    (folder / "failures.csv").write_text(
        "identity,evtName,ts,Total,Failure Description\r\n"
        "anna,Ordered,1788000000,9.5,Internal infra error\r\n"
    )
    manifest = {"type": "event", "fileName": "orders.csv", "clientEmail": "a@b.example"}
    manifest["columns"] = {"Total": {"ctName": "Total", "dataType": "FLOAT"}}
    (folder / "orders.manifest").write_text(json.dumps(manifest))
    shown = reader.run(
        "docs/rejects.md", "Rejects: looking at them, and sending them again", "bash"
    )
    summary, shows, _ = shown.output.partition("{")
    assert "515" in summary
    assert shows
    assert "no address" not in shown.output
    kept = (folder / "clevertap-rejects.jsonl").read_text()
    assert '"imported_events"' in kept


@pytest.mark.usefixtures("rejected")
def test_rejects_are_sent_again_after_a_kill(reader, folder, emulator):
    line = block("docs/rejects.md", "After a kill", "bash")
    name = line.split()[3]
    (folder / "clevertap-rejects.jsonl").rename(folder / name)
    text = (folder / name).read_text().replace("no address", "anna@example.org")
    (folder / name).write_text(text)
    reader.run("docs/rejects.md", "After a kill", "bash")
    assert "anna" in json.dumps(emulator.uploads()["profiles"])


@pytest.mark.usefixtures("rejected")
def test_the_readme_replays_and_backs_up(reader, folder, emulator):
    shown = json.loads(block(README, "Rejects", "json"))
    (written,) = (
        each
        for each in map(json.loads, (folder / "clevertap-rejects.jsonl").read_text().splitlines())
        if each["type"] == "RECORD" and each["code"] == 515
    )
    assert shown.keys() == written.keys()
    assert shown["reason"] == written["reason"]
    reader.run(README, "The ledger", "bash")
    assert (folder / "clevertap-ledger.backup.sqlite").stat().st_size > 0
    reader.run(README, "Rejects", "bash")
    assert emulator.requests()["requests"]


def test_the_first_run_of_the_readme_delivers(target):
    (plugin,) = yaml.safe_load(block(README, "A first run", "yaml"))["plugins"]["loaders"]
    rules = plugin["config"]["streams"]
    bought = order(1)["record"] | {"currency": "EUR"}
    columns = {name: {} for name in bought}
    messages = [
        schema("public-orders", columns),
        record("public-orders", **bought),
        schema("public-users", {"email": {}, "tags": {}}, ["email"], []),
        record("public-users", email="user1@example.org", tags=["new"]),
    ]
    ran = target.run(messages, streams=rules)
    assert ran.status == 0, ran.log
    event, profile = target.delivered()
    assert (event["evtName"], event["evtData"]["Currency"]) == ("Charged", "EUR")
    assert profile["profileData"] == {"tags": {"$add": ["new"]}}


def test_the_report_has_the_fields_of_the_page(target):
    shown = json.loads(block("docs/report.md", "The JSON", "json"))
    target.run([*orders(3), order(4, email=None)], max_rejects=-1)
    written = json.loads(target.report.read_text())
    for one, other in (
        (shown, written),
        (shown["total"], written["total"]),
        (shown["streams"][0], written["streams"][0]),
        (shown["requests"], written["requests"]),
        (shown["requests"]["latency_seconds"], written["requests"]["latency_seconds"]),
    ):
        assert one.keys() == other.keys()


def here(settings, folder):
    """Return settings whose paths are in a folder."""
    text = json.dumps(settings).replace("$MELTANO_PROJECT_ROOT", str(folder))
    return json.loads(text)


def test_files_are_written(target, folder):
    settings = here(documented("docs/files-into-clevertap.md", "Files into CleverTap"), folder)
    ran = target.run(orders(3), **settings)
    assert ran.status == 0, ran.log
    written = sorted(path.suffix for path in (folder / "clevertap-files").glob("clevertap-*"))
    assert written == [".csv", ".manifest"]


def test_files_are_uploaded_by_sftp(target, folder, tmp_path):
    settings = here(documented("docs/files-into-clevertap.md", "By SFTP"), folder)
    served = tmp_path / "sftp"
    served.mkdir()
    with asyncssh_server(served) as server:
        given = server.settings()
        own = {name: given[name] for name in ("sftp_url", "sftp_key_path", "sftp_host_key")}
        assert own.keys() <= settings.keys()
        ran = target.run(orders(3), **settings | own)
        assert ran.status == 0, ran.log
        assert sorted(path.suffix for path in server.folder.glob("clevertap-*")) == [
            ".csv",
            ".manifest",
        ]


def test_a_project_moves_into_another_region(target, emulator, start_emulator, folder):
    page = yaml.safe_load(block("docs/round-trip.md", "A region move, step by step", "yaml"))
    (tap,), (loader,) = page["plugins"]["extractors"], page["plugins"]["loaders"]
    source = {key: value for key, value in tap["config"].items() if key != "region"}
    read = run_tap(tap_config(emulator, **source))
    assert read.status == 0, read.log
    settings = here(loader["config"], folder)
    assert settings.pop("region") == "in1"
    other = start_emulator(days=1, events_per_day=1, users=10)
    given = {"account_id": other.account_id, "passcode": other.passcode, "api_url": other.url}
    ran = target.run(("\n".join(read.lines) + "\n").encode(), streams={}, **settings, **given)
    assert ran.status == 0, ran.log
    total = json.loads(target.report.read_text())["total"]
    assert total["received"] == len(read.events) + len(read.profiles)
    assert total["rejected"].keys() <= {"528"}  # discarded in the new project
    assert total["not_sent"].keys() <= {"not_transferable"}
    assert len(other.uploads()["events"]) + len(read.profiles) == total["delivered"]
    assert (folder / "move-ledger.sqlite").exists()


def test_a_deletion_is_verified(reader, target, configured, emulator):
    rules = {"erasure_requests": {"type": "delete", "identity": "customer_id"}}
    emulator.api(
        "POST",
        "/1/upload",
        json={"d": [{"type": "profile", "identity": "4711", "profileData": {}}]},
    )
    settings = {"streams": rules, "confirm_deletes": True, "deletes_path": "deletes.jsonl"}
    messages = [
        schema("erasure_requests", {"customer_id": {}}, ["customer_id"], []),
        record("erasure_requests", customer_id="4711"),
    ]
    assert target.run(messages, **settings).status == 0
    configured(**settings)
    shown = reader.run("docs/record-kinds.md", "The file of deletions")
    assert "deleted at" in shown.output
