"""The images of the emulator and of examples/webhooks: built, run and stopped."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
import yaml

from tests.partners.containers.running import container, ran

ROOT = Path(__file__).parents[3]
COMPOSE = yaml.safe_load((ROOT / "compose.yml").read_text())["services"]
READY = "clevertap-emulator listening on http://127.0.0.1:8025"
TOKEN = "0123456789abcdef"  # noqa: S105 - of the tests' own


@pytest.fixture(scope="module")
def emulator_image(build):
    return build(COMPOSE["emulator"]["build"])


def test_one_who_shares_the_network_reaches_the_emulator(emulator_image):
    assert COMPOSE["demo"]["network_mode"] == "service:emulator"
    with container(emulator_image, *COMPOSE["emulator"]["command"], own_network=True) as emulator:
        emulator.wait_for(READY)
        shared = emulator.first_process
        status, log = ran(emulator_image, command=emulator_image.health, network=shared)
        assert (status, log) == (0, "")
        status, log = ran(emulator_image, command=emulator_image.health, own_network=True)
        assert status == 1
        assert "Connection refused" in log
        assert emulator.stop() == 0


def test_the_inbox_of_the_webhooks_outlives_its_container(build, tmp_path):
    image = build(str(Path("examples") / "webhooks"))
    service = yaml.safe_load((ROOT / "examples/webhooks/compose.yml").read_text())["services"]
    environment = dict.fromkeys(service["inbox"]["environment"], TOKEN)
    tmp_path.chmod(0o777)
    options = {"environment": environment, "volumes": {tmp_path: "/inbox"}, "own_network": True}
    for messages in (1, 2):
        with container(image, **options) as inbox:
            inbox.wait_for("http://")
            assert push(inbox.first_process, messages) == 200
            status, log = ran(image, command=image.health, network=inbox.first_process)
            assert (status, log) == (0, "")
            assert inbox.stop() == 0
    with closing(sqlite3.connect(tmp_path / "inbox.sqlite")) as stored:
        assert stored.execute("select count(*) from messages").fetchall() == [(2,)]


def push(network, number):
    """Push a message from inside the container's network, and return the status."""
    program = f"""
from urllib.request import Request, urlopen
headers = {{"Authorization": "Bearer {TOKEN}", "Content-Type": "application/json"}}
body = {json.dumps(json.dumps({"number": number}))}.encode()
print(urlopen(Request("http://127.0.0.1:8026/webhook", body, headers), timeout=30).status)
"""
    command = ["nsenter", f"--net=/proc/{network}/ns/net", "python3", "-c", program]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
