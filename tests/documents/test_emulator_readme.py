"""The emulator's README: what is typed there changes the emulator as described."""

from __future__ import annotations

import json

import pytest
import requests

from tests.support.page_reader import Reader
from tests.support.pages import block
from tests.support.receiver import ReceiverProcess

README = "clevertap-emulator/README.md"
DAY = "20260829"


@pytest.fixture(scope="module")
def started(tmp_path_factory):
    """Return somebody who pasted the quick start, and left the emulator running."""
    folder = tmp_path_factory.mktemp("emulator") / "folder"
    folder.mkdir()
    shown = {"--preparing 0": f"--preparing 0 --today {DAY[:4]}-08-31"}
    with Reader(folder, replacements=shown) as reader:
        reader.run(README, "Quick start", "bash")
        yield reader


def own(reader, path):
    answer = requests.get(f"http://127.0.0.1:{reader.port}/_emulator/{path}", timeout=60)
    return answer.json()


def test_a_day_changes(started):
    changed = json.loads(started.run(README, "Days that change", "sh").output)
    assert changed["rows"] == changed["exported"] + 1


def test_a_schema_changes(started):
    started.run(README, "A schema that changes", "sh")
    schema = started.type('curl -s "${auth[@]}" "$api/getSchema?type=events"').output
    events = {each["name"]: each for each in json.loads(schema)["events"]}
    charged = json.dumps(events["Charged"])
    assert '"Coupon"' in charged
    assert '"Currency"' not in charged


def test_faults_are_scheduled(started):
    started.run(README, "Faults", "sh")
    first = own(started, "faults")["faults"]
    assert [each["action"]["status"] for each in first] == [503]
    started.run(README, "Faults", "sh", 2)
    second = own(started, "faults")["faults"]
    assert [set(each["action"]) & {"cut", "expire_cursor"} for each in second] == [
        {"cut"},
        {"expire_cursor"},
    ]
    upload = 'curl -s -o /dev/null -w "%{http_code}" "${auth[@]}" "$api/1/upload" -d \'{"d": []}\''
    started.type(f'curl -s "$api/_emulator/reset" -d "{{}}"; {upload}')


def test_messages_are_pushed(folder):
    receiver = ReceiverProcess(folder)
    to = {r"http://127\.0\.0\.1:8080": receiver.url}
    with Reader(folder, replacements=to) as reader:
        reader.run(README, "Webhooks and EventBridge", "sh")
    truth = [json.loads(line) for line in (folder / "pushed.jsonl").read_text().splitlines()]
    assert [each["answered_200"] for each in truth] == [True] * 20
    assert receiver.stop() == 0


def test_files_go_in(folder):
    with Reader(
        folder, replacements={r"^curl": "sleep 1; curl --retry-connrefused --retry 50"}
    ) as reader:
        reader.run(README, "Files that go in", "sh")
        drops = "curl http://127.0.0.1:8025/_emulator/drops"
        shown = reader.type(f"until {drops} | grep -q done; do sleep 0.1; done\n{drops}")
    (drop,) = json.loads(shown.output.splitlines()[-1])["imports"]
    assert (drop["status"], drop["accepted"]) == ("done", 1)


def test_an_emulator_is_started_from_python(capsys):
    names = {}
    exec(block(README, "In your own tests", "python", 2), names)  # noqa: S102 - of our own page
    url, account, passcode = capsys.readouterr().out.split()
    assert url.startswith("http://127.0.0.1:")
    assert (account, passcode) == (names["emulator"].account_id, names["emulator"].passcode)


def test_export_files_are_written_from_python(folder, monkeypatch):
    monkeypatch.chdir(folder)
    names = {}
    exec(block(README, "Export files", "python"), names)  # noqa: S102 - of our own page
    written = {path.name for path in (folder / "exported").rglob("*.csv*")}
    assert written
    assert len(names["exported"].files) == len(written)
