"""Over TLS no record is sent to a host that is not proved to be the one that was meant."""

from __future__ import annotations

from contextlib import closing

import pytest

from tests.support.certificates import WRONG
from tests.support.launched_target import LaunchedTarget
from tests.support.raw_server import RawServer, hang_up
from tests.support.target_process import orders

UNREACHED_TRIES = 3
SPEED = 5
"""A handshake has ten seconds: on a busy machine, two of real time."""


@pytest.fixture
def target_with(start_emulator, target_launcher, tmp_path):
    def start(files):
        emulator = start_emulator(days=1, events_per_day=1, users=10, **files)
        emulator.session.trust_env = False
        emulator.session.verify = False
        return LaunchedTarget(emulator, tmp_path, target_launcher)

    return start


def run(target, certificates, **settings):
    trusted = {"REQUESTS_CA_BUNDLE": str(certificates.trusted)}
    return target.run(orders(30, states_every=10), environment=trusted, speed=SPEED, **settings)


def check_stopped(run, target, *words):
    assert run.status == 1
    assert run.states == []
    assert "Traceback" not in run.log
    assert all(word in run.log.splitlines()[-1] for word in words), run.log
    assert not target.rejects.exists()


@pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning")
@pytest.mark.parametrize(("files", "reason"), WRONG)
def test_a_wrong_certificate_ends_the_run_before_anything_is_sent(
    target_with, certificates, files, reason
):
    target = target_with(getattr(certificates, files))
    stopped = run(target, certificates)
    check_stopped(
        stopped, target, "its TLS certificate cannot be verified", reason, "REQUESTS_CA_BUNDLE"
    )
    assert target.requests() == []


@pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning")
def test_a_right_certificate_is_taken_after_a_run_without_its_authority(target_with, certificates):
    target = target_with(certificates.right)
    stopped = target.run(orders(30), speed=SPEED)
    check_stopped(stopped, target, "its TLS certificate cannot be verified")
    assert run(target, certificates, uncertain="skip").status == 0
    assert len(target.delivered()) == 30


def test_authorities_that_are_not_there_end_the_run(target_with, certificates, tmp_path):
    target = target_with(certificates.right)
    missing = {"REQUESTS_CA_BUNDLE": str(tmp_path / "missing.pem")}
    stopped = target.run(orders(30), environment=missing, speed=SPEED)
    check_stopped(stopped, target, "missing.pem", "REQUESTS_CA_BUNDLE")


@pytest.mark.parametrize("uncertain", ["resend", "skip"])
def test_a_handshake_that_is_cut_leaves_nothing_uncertain(target, certificates, uncertain):
    with closing(RawServer(hang_up)) as server:
        address = {"api_url": f"https://{server.host}", "max_in_flight": 1}
        stopped = run(target, certificates, uncertain=uncertain, **address)
    check_stopped(stopped, target, "cannot reach", "api_url")
    assert "uncertain 0" in stopped.log
    assert server.connections == UNREACHED_TRIES
    assert target.run(orders(30), uncertain=uncertain).status == 0
    assert len(target.delivered()) == 30


def test_a_port_without_tls_ends_the_run(target, certificates):
    address = target.emulator.url.replace("http:", "https:")
    stopped = run(target, certificates, api_url=address)
    check_stopped(stopped, target, "its TLS certificate cannot be verified", "api_url")
    assert target.requests() == []
