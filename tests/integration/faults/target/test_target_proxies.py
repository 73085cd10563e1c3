"""Through an HTTPS proxy, a request was not sent if it was cut before the tunnel's TLS."""

from __future__ import annotations

import socket
import threading
from contextlib import closing, suppress

import pytest

from tests.support.launched_target import LaunchedTarget
from tests.support.raw_server import RawServer, hang_up, read_head
from tests.support.target_process import orders

RECORDS = 30
SPEED = 5
"""Slow enough for the ten seconds in which a connection has to stand."""
ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
pytestmark = pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning")


@pytest.fixture
def target(start_emulator, certificates, target_launcher, tmp_path):
    emulator = start_emulator(days=1, events_per_day=1, users=10, **certificates.right)
    emulator.session.trust_env = False
    emulator.session.verify = False
    return LaunchedTarget(emulator, tmp_path, target_launcher)


def tunnel(connection):
    """Connect to where the caller wants to, and hand on what comes from either side."""
    host, _, port = read_head(connection).split()[1].rpartition(b":")
    with socket.create_connection((host.decode(), int(port)), timeout=30) as upstream:
        connection.sendall(ESTABLISHED)
        back = threading.Thread(target=hand_on, args=(upstream, connection), daemon=True)
        back.start()
        hand_on(connection, upstream)
        back.join()


def hand_on(source, sink):
    with suppress(OSError):
        while piece := source.recv(65536):
            sink.sendall(piece)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


def after_an_answer(answer):
    def hang_up_then(connection):
        read_head(connection)
        connection.sendall(answer)

    return hang_up_then


def run(target, certificates, answer, **settings):
    with closing(RawServer(answer)) as proxy:
        environment = {
            "REQUESTS_CA_BUNDLE": certificates.trusted,
            "HTTPS_PROXY": f"http://{proxy.host}",
        }
        given = {"max_in_flight": 1, "max_rejects": -1, **settings}
        return target.run(orders(RECORDS), environment=environment, speed=SPEED, **given)


@pytest.mark.parametrize("cut", ["before", "after"])
@pytest.mark.parametrize("uncertain", ["skip", "resend"])
def test_a_cut_inside_the_tunnel_is_uncertain(target, certificates, uncertain, cut):
    target.faults({"match": {"kind": "upload", "number": 1}, "action": {"cut": cut}})
    ended = run(target, certificates, tunnel, uncertain=uncertain)
    assert ended.status == 0, ended.log
    assert f"uncertain {RECORDS}" in ended.log
    is_stored, is_resent = cut == "after", uncertain == "resend"
    assert len(target.delivered()) == RECORDS * (is_stored + is_resent)
    assert target.rejected_codes() == ({} if is_resent else {"uncertain": RECORDS})


@pytest.mark.parametrize("uncertain", ["skip", "resend"])
@pytest.mark.parametrize(
    "cut",
    [hang_up, after_an_answer(b"no HTTP at all\r\n\r\n"), after_an_answer(ESTABLISHED)],
    ids=["no answer", "an odd answer", "no handshake"],
)
def test_a_cut_before_the_tunnel_stands_leaves_nothing_uncertain(
    target, certificates, cut, uncertain
):
    first = threading.Event()

    def cut_first(connection):
        if first.is_set():
            tunnel(connection)
        else:
            first.set()
            cut(connection)

    ended = run(target, certificates, cut_first, uncertain=uncertain)
    assert ended.status == 0, ended.log
    assert first.is_set()
    assert "uncertain 0" in ended.log
    assert len(target.delivered()) == RECORDS
    assert not target.rejects.exists()
