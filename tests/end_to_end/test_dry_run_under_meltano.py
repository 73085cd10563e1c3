"""A dry run as the page shows it: one variable makes a `meltano run` deliver nothing."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.support.forked_emulator import ForkedEmulator
from tests.support.pages import block
from tests.support.plugin_process import meltano_environment
from tests.support.target_process import ORDERS_RULE, lines, orders

HUB = Path(__file__).parents[2] / "hub" / "_data" / "meltano" / "loaders" / "target-clevertap"
KEPT = ("name", "namespace", "executable", "capabilities", "settings", "log_parser")


@pytest.fixture
def emulator():
    emulator = ForkedEmulator.start(days=1, events_per_day=1, users=10)
    yield emulator
    emulator.stop()


@pytest.fixture
def project(emulator, tmp_path):
    (tmp_path / "input.jsonl").write_bytes(lines(orders(30, states_every=10)))
    tap = tmp_path / "print-it"
    tap.write_text("#!/bin/sh\ncat input.jsonl\n")
    tap.chmod(0o755)
    (definition,) = (yaml.safe_load(path.read_text()) for path in HUB.iterdir())
    loader = {key: definition[key] for key in KEPT}
    config = {"api_url": emulator.url, "streams": {"orders": ORDERS_RULE}}
    content = {
        "default_environment": "dev",
        "send_anonymous_usage_stats": False,
        "environments": [{"name": "dev"}],
        "project_id": "3f0c5f4e-9a1f-4a57-8f5f-6f2c1f5f0c54",
        "plugins": {
            "extractors": [{"name": "tap-postgres", "namespace": "p", "executable": "./print-it"}],
            "loaders": [{**loader, "config": config}],
        },
    }
    (tmp_path / "meltano.yml").write_text(yaml.safe_dump(content, sort_keys=False))
    return tmp_path


def run(project, emulator, command):
    return subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=project,
        env=meltano_environment(
            TARGET_CLEVERTAP_ACCOUNT_ID=emulator.account_id,
            TARGET_CLEVERTAP_PASSCODE=emulator.passcode,
        ),
        capture_output=True,
        check=False,
        text=True,
        timeout=300,
    )


def test_a_dry_run_leaves_state_and_project_as_they_are(project, emulator):
    command = block("docs/dry-run.md", "Dry runs", "shell", 2)
    dry = run(project, emulator, command)
    log = dry.stdout + dry.stderr
    assert dry.returncode == 0, log
    assert "30 records came, 30 would be delivered" in log
    assert "events: 30" in log
    assert "user1@example.org" not in log
    assert emulator.uploads()["events"] == []
    assert not [path for path in project.iterdir() if path.name.startswith("clevertap-")]
    states = run(project, emulator, "meltano --log-level error state list")
    assert states.stdout.split() == []
    real = run(project, emulator, command.split("=local ")[1])
    assert real.returncode == 0, real.stdout + real.stderr
    assert len(emulator.uploads()["events"]) == 30
    state = run(
        project,
        emulator,
        "meltano --log-level error state get dev:tap-postgres-to-target-clevertap",
    )
    assert json.loads(state.stdout)["singer_state"] == {"orders": 30}


def test_a_dry_run_that_the_project_does_not_declare_delivers_nothing(project, emulator):
    content = yaml.safe_load((project / "meltano.yml").read_text())
    (loader,) = content["plugins"]["loaders"]
    loader["settings"] = [each for each in loader["settings"] if each["name"] != "dry_run"]
    (project / "meltano.yml").write_text(yaml.safe_dump(content, sort_keys=False))
    command = block("docs/dry-run.md", "Dry runs", "shell", 2)
    ended = run(project, emulator, command)
    assert ended.returncode != 0
    assert "dry_run: it is off, although TARGET_CLEVERTAP_DRY_RUN is `local`" in (
        ended.stdout + ended.stderr
    )
    assert emulator.uploads()["events"] == []
