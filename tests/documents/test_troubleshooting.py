"""Each symptom of the page for troubleshooting is caused, and logs the line that the page quotes.

Each command of the page runs, and the page names every place with which a message begins.
"""

from __future__ import annotations

import json
import re

import pytest

from tests.documents.messages import is_printed, messages, places
from tests.documents.symptoms import CAUSES, TAP, World
from tests.support.page_reader import Reader
from tests.support.pages import every, section
from tests.support.plugin_process import BIN, run_command, tap_config
from tests.support.shown_output import as_pattern
from tests.support.target_process import record, schema

PAGE = "docs/troubleshooting.md"
QUOTED: dict[str, list[str]] = {}
for each in every("docs/troubleshooting.md", "text"):
    QUOTED.setdefault(each.heading, []).append(each.text)
NOT_CAUSED = {"The process was killed, exit status 137"}
"""Too little memory cannot be caused the same way on every machine."""


@pytest.fixture(scope="module")
def shared_emulator(start_emulator_for_module):
    """Start an emulator whose days never change."""
    return start_emulator_for_module(
        today="2026-08-31", days=4, users=60, events_per_day=60, preparing=0
    )


@pytest.fixture
def world(shared_emulator, start_emulator, tmp_path):
    """Return an emulator as it was at its start, and an empty folder."""
    shared_emulator.reset()
    folder = tmp_path / "world"
    folder.mkdir()
    return World(shared_emulator, start_emulator, folder)


def test_each_quoted_line_is_caused_or_cannot_be():
    assert QUOTED.keys() == CAUSES.keys() | NOT_CAUSED
    assert {heading: len(QUOTED[heading]) for heading in CAUSES} == {
        heading: len(caused) for heading, caused in CAUSES.items()
    }


LINES = [
    pytest.param(cause, line, id=cause.__name__)
    for heading, caused in CAUSES.items()
    for cause, line in zip(caused, QUOTED.get(heading, []), strict=False)
]


@pytest.mark.parametrize(("cause", "line"), LINES)
def test_a_symptom_logs_the_line_that_the_page_quotes(world, cause, line):
    log = cause(world)
    prefix = r"(?:[^|\n]*\|[^|\n]*\|[^|\n]*\| |.*\] meltano +)"  # of a plugin, or of Meltano
    assert re.search(f"^{prefix}{as_pattern(line)}", f"{log}\n", re.MULTILINE), log


@pytest.mark.parametrize("heading", sorted(NOT_CAUSED))
def test_a_line_that_is_not_caused_is_in_the_code(heading):
    assert [line for line in QUOTED[heading] if not is_printed(line.rstrip())] == []


def test_the_page_names_every_place_of_a_message_and_no_other():
    cells = [row.split("|")[1] for row in section(PAGE, "By message").splitlines() if "|" in row]
    named = {word for cell in cells for word in re.findall("`([^`]+)`", cell)}
    assert sorted(places() - named) == []
    exact = [word for word in named if not re.search("[A-Z]", word)]
    begun = {word for word in exact for text in messages() if text.startswith(f"{word}: ")}
    assert sorted(set(exact) - begun) == []


@pytest.mark.parametrize("plugin", ["tap-clevertap", "target-clevertap"])
def test_a_wrong_option_ends_with_the_status_of_the_page(plugin):
    assert "| 2 | a wrong option of the command line | the same |" in section(
        PAGE, "By exit status"
    )
    assert run_command([str(BIN / plugin), "--nonsense"]).returncode == 2


def test_every_command_of_the_page_runs(world):
    (world.folder / "tap.json").write_text(
        json.dumps(tap_config(world.emulator, **TAP, receipt_path="receipt.json"))
    )
    rule = {"type": "profile", "identity": "email"}
    settings = {"api_url": world.emulator.url, "streams": {"users": rule}}
    credentials = {"account_id": "TEST-000-0000", "passcode": "emulator"}
    (world.folder / "target.json").write_text(json.dumps(settings | credentials))
    world.emulator.rows("Charged", 20260829, hide=1)
    users = [record("users", email="a@example.org", Phone=phone) for phone in ("12", None)]
    sent = [schema("users", {"email": {}, "Phone": {}}, ["email"]), *users]
    singer = "".join(f"{json.dumps(message)}\n" for message in sent)
    with Reader(world.folder, world.emulator) as reader:
        reader.type("target-clevertap --config target.json", stdin=singer, expected=3)
        outputs = []
        for each in every("docs/troubleshooting.md", "shell"):
            outputs.append(reader.type(each.text).output)
            if "receipt.json" in each.text:  # a run with a gap waits, so later ones have none
                world.emulator.rows("Charged", 20260829, hide=0)
    printed = "".join(outputs)
    assert '["Charged","2026-08-29",4,5]' in printed
    assert '["Push Impressions","CleverTap does not export it' in printed
    assert "App Launched" in printed
    assert "516" in printed
