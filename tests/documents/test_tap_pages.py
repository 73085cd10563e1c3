"""Pages about the tap: their settings, queries and commands, run on a few rows."""

from __future__ import annotations

import json
import subprocess
from datetime import datetime, timedelta, timezone

import duckdb
import pytest
import yaml

from clevertap_emulator.files.export import export_files
from tests.support.days import zone_ahead
from tests.support.files.tap_runs import catalog
from tests.support.inboxes import STREAM, message_of, put_messages
from tests.support.page_reader import Reader
from tests.support.pages import block, documented
from tests.support.plugin_process import run_command, run_tap, tap_config
from tests.support.receiver import ReceiverProcess

README = "tap-clevertap/README.md"
LOADER = "tee received | jq -c 'select(.type == \"STATE\").value'"
"""A target as a shell has it: it keeps what came, and writes the states."""
RECENT = str((datetime.now(timezone.utc) - timedelta(3)).date())


def read_alone(folder, stream, **settings):
    """Read one stream, which needs no credentials, and return the run's messages."""
    (folder / "config.json").write_text(json.dumps(settings))
    options = ["--config", "config.json", "--catalog", catalog(stream)]
    ended = run_command(["tap-clevertap", *options], cwd=folder)
    return [json.loads(line) for line in ended.stdout.splitlines()]


def rows(messages):
    return [each["record"] for each in messages if each["type"] == "RECORD"]


def test_a_receipt_of_files_has_the_fields_of_the_page(folder):
    text = block("docs/receipt.md", "Export files", "json")
    (shown,) = json.loads("{" + text + "}")["files"]
    export_files(folder / "files", format="json", days=2, users=5, events_per_day=5)
    cut = next((folder / "files").rglob("*.json.gz"))
    cut.write_bytes(cut.read_bytes()[:-20])
    settings = {"export_files_url": str(folder / "files"), "timezone": "Asia/Kolkata"}
    given = {"account_id": "TEST-000-0000", "receipt_path": "receipt.json", **settings}
    read_alone(folder, "exported_events", **given)
    (written,) = json.loads((folder / "receipt.json").read_text())["files"]
    assert shown.keys() == written.keys()
    assert shown["unread"][0].keys() == written["unread"][0].keys()
    assert (
        shown["unread"][0]["reason"].split(":")[0] == written["unread"][0]["reason"].split(":")[0]
    )


def test_a_receipt_of_messages_has_the_fields_of_the_page(folder):
    shown = json.loads("{" + block("docs/receipt.md", "Pushed messages", "json") + "}")
    put_messages(folder / "inbox.sqlite", message_of("a", "b"))
    read_alone(folder, STREAM, inbox_path="inbox.sqlite", receipt_path="receipt.json")
    written = json.loads((folder / "receipt.json").read_text())
    assert shown["inbox"].keys() == written["inbox"].keys()
    assert (written["inbox"]["messages"], written["inbox"]["records"]) == (1, 2)


def test_a_check_as_json_has_the_fields_of_the_page(reader, configured, start_emulator):
    shown = json.loads(block("docs/check.md", "As JSON", "json"))
    # It is morning by the settings, and afternoon of the same day in the project, at any hour.
    wrong = max(-12, 6 - datetime.now(timezone.utc).hour)
    size = {"days": 2, "users": 20, "events_per_day": 600}
    project = start_emulator(timezone=zone_ahead(wrong + 8), preparing=0, **size)
    configured(timezone=zone_ahead(wrong), api_url=project.url)
    command = "tap-clevertap check --config config.json --format json"
    written = json.loads(reader.type(command, expected=1).output)
    assert shown.keys() == written.keys()
    (failed,) = (each for each in written["findings"] if not each["ok"])
    assert shown["findings"][0].keys() == failed.keys()
    assert shown["findings"][0]["check"] == failed["check"]


def test_days_of_both_roads_are_not_double():
    columns = "event_key, event_name, event_time, object_id, identity, event_props"
    with duckdb.connect() as database:
        for table, keys in (("events", "bc"), ("exported_events", "ab")):
            rows = ", ".join(f"('{key}', 'Charged', now(), '1', 'u', '{{}}')" for key in keys)
            database.execute(f"create table {table} as from (values {rows}) as t({columns})")
        database.execute(
            block("docs/choosing-a-road.md", "History by file, yesterday by API", "sql")
        )
        found = database.execute("select event_key from all_events order by all").fetchall()
    assert found == [("a",), ("b",), ("c",)]


def test_amounts_are_columns_of_a_typed_stream(emulator):
    config = {"stream_layout": "per_event", "events": ["Charged"], "start_date": RECENT}
    output = run_tap(tap_config(emulator, **config))
    rows = [(row["currency"], row["amount"]) for row in output.records["event_charged"]]
    with duckdb.connect() as database:
        database.execute("create table event_charged (currency text, amount double)")
        database.executemany("insert into event_charged values (?, ?)", rows)
        found = database.execute(block("docs/typed-streams.md", "Typed streams", "sql")).fetchall()
    assert {currency for currency, _ in found} == {currency for currency, _ in rows}


def test_the_settings_and_commands_of_the_readme_read_all(reader, folder, configured, emulator):
    settings = documented(README, "tap-clevertap")
    assert settings.pop("region") == "in1"  # the emulator instead
    settings["start_date"] = RECENT
    configured(**settings | {"events": ["Charged"], "profile_events": []})
    (folder / "state.json").write_text("{}")
    reader.type(f"some-target() {{ {LOADER}; }}")
    checked = reader.run(README, "tap-clevertap", "shell", 2)
    assert "failed" not in checked.output
    received = [json.loads(each) for each in (folder / "received").read_text().splitlines()]
    truth = emulator.truth(event_name="Charged", kind="events")["events"]
    assert len(rows(received)) == len(truth)
    assert "events" in json.loads((folder / "state.json").read_text())["bookmarks"]


class TestWebhooks:
    @pytest.fixture
    def receiving(self, folder):
        """Return somebody who set up a receiver, which stays in the background."""
        port = ReceiverProcess(folder.parent)
        port.stop()
        started = {
            r"^(tap-clevertap receive .*)$": (
                r"\1 > address 2> receiver.log &\nuntil grep -q http address; do sleep 0.1; done"
            ),
            r"\b8026\b": str(port.port),
        }
        with Reader(folder, replacements=started) as reader:
            reader.run("docs/webhooks.md", "Set up")
            yield reader

    def test_a_receiver_takes_messages_and_the_tap_reads_them(self, receiving, folder):
        assert (folder / "inbox.json").stat().st_mode & 0o777 == 0o600
        first = receiving.run("docs/webhooks.md", "Set up", "shell", 2)
        assert json.loads(first.output) == {"stored": True}
        third = receiving.run("docs/webhooks.md", "Set up", "shell", 3)
        assert "messages in it: 21" in third.output
        receiving.type(
            "target-jsonl() { tee received | jq -c 'select(.type == \"STATE\").value'; }"
        )
        receiving.run("docs/webhooks.md", "The stream `webhook_messages`")
        assert '"type":"RECORD"' in (folder / "received").read_text().replace(" ", "")
        assert "webhook_messages" in (folder / "state.json").read_text()

    def test_broken_bytes_of_a_message_are_read_back(self, folder):
        put_messages(folder / "inbox.sqlite", b"caf\xe9 100%")
        (row,) = rows(read_alone(folder, STREAM, inbox_path="inbox.sqlite"))
        names = {"raw": row["raw"]}
        exec(block("docs/webhooks.md", "The stream `webhook_messages`", "python"), names)  # noqa: S102 - of our own page
        assert names["body"] == b"caf\xe9 100%"


class TestBehindAQueue:
    def test_the_parameters_are_written_once_and_for_their_owner_alone(self, folder):
        commands = block(
            "docs/behind-a-queue.md", "Webhooks: API Gateway, a queue, and the receiver", "shell"
        )
        path = folder / "parameters.json"
        written = []
        for _ in range(2):
            program = ["bash", "-euc", f"umask 022\n{commands}"]
            subprocess.run(program, cwd=folder, check=True)
            written.append(path.read_text())
        assert written[0] == written[1]
        assert path.stat().st_mode & 0o777 == 0o600
        given = dict(each.split("=", 1) for each in json.loads(written[0]))
        assert given.keys() == {"ReceiverUrl", "ReceiverSecret", "WebhookKey"}
        assert given["ReceiverSecret"] != given["WebhookKey"]
        assert all(len(each) > 30 for each in given.values())

    def test_the_receiver_takes_what_has_the_secret(self, folder):
        settings = documented(
            "docs/behind-a-queue.md", "Webhooks: API Gateway, a queue, and the receiver"
        )
        settings.pop("inbox_path")
        receiver = ReceiverProcess(folder, **settings | {"inbox_header_value": "s3cret-of-tests"})
        secret = {settings["inbox_header"]: "s3cret-of-tests"}
        assert receiver.request(body=b"{}").status == 401
        assert receiver.request(body=b"{}", headers=secret).status == 200
        assert receiver.stop() == 0

    def test_the_settings_read_messages_of_eventbridge(self, folder):
        page = yaml.safe_load(
            block("docs/behind-a-queue.md", "Events: EventBridge to files", "yaml")
        )
        assert page["select"] == ["exported_events.*"]
        exported = {"format": "eventbridge", "what": "events", "days": 2, "users": 5}
        truth = export_files(folder / "events", events_per_day=9, **exported).events
        settings = page["config"] | {"export_files_url": str(folder / "events")}
        found = rows(read_alone(folder, "exported_events", **settings))
        assert len(found) == len(truth) > 0


def test_the_emulator_of_the_page_of_installation_is_checked(folder):
    commands = {
        "^make setup$": ":",
        r"^\.venv/bin/(.*)$": (r"\1 > started &\nuntil grep -q http started; do sleep 0.1; done"),
    }
    with Reader(folder, replacements=commands) as reader:
        reader.run("docs/install.md", "Against the emulator first")
        reader.run("docs/install.md", "Against the emulator first", "shell", 2)
        shown = reader.type(
            "TAP_CLEVERTAP_TIMEZONE=Asia/Kolkata tap-clevertap check --config ENV\n"
            "target-clevertap check --config ENV"
        )
    assert "failed" not in shown.output
    assert shown.output.count("credentials: ") == 2
