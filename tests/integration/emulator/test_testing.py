"""`clevertap_emulator.testing` and its fixtures, as a project uses them that installs the extra."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from clevertap_emulator import testing
from clevertap_emulator.testing import Emulator, EmulatorError, emulators
from tests.support.forked_emulator import ForkedEmulator, forked_emulators
from tests.support.pages import block

README = Path(__file__).parents[3] / "clevertap-emulator" / "README.md"
CONFTEST = """
import pytest

@pytest.fixture(scope="session")
def clevertap_emulator_options():
    return {"account_id": "OURS", "passcode": "secret", "days": 1, "events_per_day": 1}
"""
TESTS = """
EVENT = {"type": "event", "identity": "anna", "evtName": "Order Placed", "evtData": {}}

def test_the_options_hold(clevertap_emulator):
    assert clevertap_emulator.account_id == "OURS"
    answer = clevertap_emulator.api("POST", "/1/upload", json={"d": [EVENT]})
    assert answer.json()["status"] == "success"

def test_nothing_is_left_of_the_test_before(clevertap_emulator):
    assert clevertap_emulator.uploads()["events"] == []
    assert clevertap_emulator.requests()["requests"] == []

def test_more_can_be_started(clevertap_emulator, start_clevertap_emulator):
    other = start_clevertap_emulator(days=2)
    assert other.account_id == "TEST-000-0000"
    assert other.url != clevertap_emulator.url
"""
WITHOUT_REQUESTS = """
import sys
sys.modules["requests"] = None
import clevertap_emulator.pytest_plugin
import clevertap_emulator.testing
from tests.support.pages import block
"""


def run_pytest(folder, **files):
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(folder)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout


def test_the_example_in_the_readme_passes(tmp_path):
    example = block("clevertap-emulator/README.md", "In your own tests", "python")
    assert "1 passed" in run_pytest(tmp_path, test_example=example)


def test_the_fixtures_take_options_and_begin_anew(tmp_path):
    output = run_pytest(tmp_path, conftest=CONFTEST, test_fixtures=TESTS)
    assert "3 passed" in output, output


@pytest.mark.parametrize("start_some", [emulators, forked_emulators])
def test_what_is_started_in_a_context_ends_with_it(start_some):
    with start_some() as start:
        started = [start(days=1), start(days=1)]
        assert [each.process.poll() for each in started] == [None, None]
    assert [each.process.returncode for each in started] == [0, 0]


@pytest.mark.parametrize("kind", [Emulator, ForkedEmulator])
def test_what_is_started_ends_when_its_context_fails(kind):
    with pytest.raises(KeyboardInterrupt), kind.start(days=1) as emulator:
        raise KeyboardInterrupt
    assert emulator.process.returncode == 0


def test_one_that_runs_elsewhere_is_used_and_left_running(clean):
    with Emulator.at(clean.url) as emulator:
        assert emulator.truth() == clean.truth()
        assert emulator.api("GET", "/getSchema?type=events").ok
    assert clean.process.poll() is None


@pytest.mark.parametrize("kind", [Emulator, ForkedEmulator])
def test_what_does_not_start_is_reported_with_its_exit_status(kind, capfd):
    with pytest.raises(EmulatorError, match="did not start, exit status 2"):
        kind.start(timezone="Mars/Base")
    assert "Mars/Base" in capfd.readouterr().err


@pytest.mark.parametrize("kind", [Emulator, ForkedEmulator])
def test_one_that_does_not_end_by_itself_is_killed(kind, monkeypatch):
    monkeypatch.setattr(testing, "END_SECONDS", 0.1)
    emulator = kind.start(days=1)
    os.kill(emulator.process.pid, signal.SIGSTOP)
    assert emulator.stop() == -signal.SIGKILL
    assert emulator.process.poll() == -signal.SIGKILL


def test_a_fault_that_is_not_understood_is_an_error(clean):
    with pytest.raises(EmulatorError, match="POST /_emulator/faults answered 400"):
        clean.faults([{"match": {"colour": "red"}, "action": {"status": 503}}])


def test_only_what_uses_the_extra_needs_it():
    command = [sys.executable, "-c", WITHOUT_REQUESTS]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    last = ended.stderr.splitlines()[-1]
    assert last.endswith("`requests` is not installed; install `clevertap-emulator[pytest]`")
    assert "pytest_plugin" not in ended.stderr
