"""The README's first command does what the README describes."""

from __future__ import annotations

import importlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from tests.support.run_output import clean_environment

ROOT = Path(__file__).parents[2]


def test_the_demo_moves_everything_both_ways_and_leaves_nothing_running():
    finished = subprocess.run(
        [sys.executable, ROOT / "demo" / "run.py"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        env=clean_environment(),
        text=True,
        timeout=240,
    )
    assert finished.returncode == 0, finished.stdout[-3000:] + finished.stderr[-3000:]
    words = finished.stdout.split()
    assert words.count("yes") >= 4
    assert "NO" not in words
    url = next(word for word in words if word.startswith("http://127.0.0.1:"))
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{url}/_emulator/health", timeout=5)


@pytest.fixture
def demo(monkeypatch, tmp_path, start_emulator):
    """Run the demo with rows in the place of what Meltano loads; return how it ends."""
    program = importlib.import_module("demo.run")
    emulator = start_emulator(days=2, users=20, events_per_day=50)
    (tmp_path / "demo").mkdir()
    shutil.copy(ROOT / "demo" / "warehouse.sql", tmp_path / "demo")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(program, "ROOT", tmp_path)
    monkeypatch.setattr(program, "OUTPUT", tmp_path / "output" / "demo")
    monkeypatch.setenv("CLEVERTAP_EMULATOR_URL", emulator.url)

    def demo(lost_events=0, lost_profiles=0, event_name="Search"):
        numbers = iter(range(9))

        def load(*arguments, **_):
            if arguments[:2] != ("run", "tap-clevertap"):
                return 0.0
            events = range(len(emulator.truth()["events"]) - lost_events)
            profiles = range(len(program.launched(emulator)) - lost_profiles)
            rows = {
                "events": [
                    {"event_key": f"{each}", "event_name": event_name, "identity": "one"}
                    for each in events
                ],
                "profiles": [{"profile_key": f"{each}"} for each in profiles],
            }
            number = next(numbers)
            for stream, some in rows.items():
                path = program.OUTPUT / f"{stream}-{number}.jsonl"
                path.write_text("".join(f"{json.dumps(each)}\n" for each in some))
            return 1.0

        monkeypatch.setattr(program, "meltano", load)
        program.main()

    return demo


def test_a_demo_whose_counts_are_equal_ends_well(demo, capsys):
    demo()
    assert "NO" not in capsys.readouterr().out.split()


@pytest.mark.parametrize(
    "changed",
    [{"lost_events": 1}, {"lost_profiles": 1}, {"event_name": "Charged"}],
    ids=["an-event-is-lost", "a-profile-is-lost", "a-tier-did-not-arrive"],
)
def test_a_demo_whose_counts_differ_fails(demo, changed):
    with pytest.raises(SystemExit, match="demo: CleverTap and the warehouse differ; see NO above"):
        demo(**changed)
