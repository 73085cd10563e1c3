"""Over TLS nothing is sent to a host that is not proved to be the one that was meant."""

from __future__ import annotations

from contextlib import closing

import pytest

from tests.integration.faults.tap.tap_world import SIZE, World
from tests.support.certificates import WRONG
from tests.support.raw_server import RawServer, hang_up

SETTINGS = {"events": ["Charged", "App Launched"]}
MOST_TRIES = 4 * (1 + 2 * len(SETTINGS["events"]))
"""Of the schema, and of each count and export."""


def world_with(start_emulator, tap, files):
    emulator = start_emulator(**SIZE, **files)
    emulator.session.trust_env = False
    emulator.session.verify = False
    return World(emulator, tap)


def run(world, trusted, **settings):
    arguments = world.arguments({**SETTINGS, **settings})
    return world.launcher.run(*arguments, REQUESTS_CA_BUNDLE=str(trusted))


def test_a_right_certificate_is_taken(start_emulator, tap, certificates):
    world = world_with(start_emulator, tap, certificates.right)
    output = run(world, certificates.trusted)
    assert output.status == 0, output.log
    assert output.events


@pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning")
@pytest.mark.parametrize(("files", "reason"), WRONG)
def test_a_wrong_certificate_ends_the_run_before_anything_is_sent(
    start_emulator, tap, certificates, files, reason
):
    world = world_with(start_emulator, tap, getattr(certificates, files))
    output = run(world, certificates.trusted)
    world.assert_stopped(output, ["TLS certificate", reason, "api_url", "REQUESTS_CA_BUNDLE"])
    assert "WARNING" not in output.log
    assert world.emulator.requests()["requests"] == []


@pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning")
def test_authorities_that_are_not_there_end_the_run(start_emulator, tap, certificates, tmp_path):
    world = world_with(start_emulator, tap, certificates.right)
    output = run(world, tmp_path / "missing.pem")
    world.assert_stopped(output, ["missing.pem", "REQUESTS_CA_BUNDLE"])
    assert world.emulator.requests()["requests"] == []


def test_a_handshake_that_is_cut_is_tried_a_few_times_only(start_emulator, tap, certificates):
    world = World(start_emulator(**SIZE), tap)
    with closing(RawServer(hang_up)) as server:
        output = run(world, certificates.trusted, api_url=f"https://{server.host}")
    world.assert_stopped(output, ["no CleverTap API answers there", "api_url"])
    assert server.connections <= MOST_TRIES


def test_a_port_without_tls_is_tried_a_few_times_only(start_emulator, tap, certificates):
    world = World(start_emulator(**SIZE), tap)
    output = run(world, certificates.trusted, api_url=world.emulator.url.replace("http:", "https:"))
    world.assert_stopped(output, ["no CleverTap API answers there", "api_url"])
    assert world.emulator.requests()["requests"] == []
