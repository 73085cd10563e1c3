"""What the README proposes: first the emulator, then the project, in one folder with one ledger.

The project is a second emulator that answers over TLS as api.clevertap.com, behind a proxy. The
account's id is the same for both, so that only the host differs.
"""

from __future__ import annotations

import json
import socket
import subprocess
import threading
from contextlib import closing
from urllib.parse import urlsplit

import pytest
import trustme

from tests.integration.faults.target.test_target_proxies import ESTABLISHED, hand_on
from tests.support.plugin_process import BIN, tap_command, tap_config
from tests.support.raw_server import RawServer, read_head
from tests.support.run_output import clean_environment
from tests.support.target_process import ORDERS_RULE, lines, orders, record, schema, state

NAMES = ("api.clevertap.com", "eu1.api.clevertap.com")
POINTS = {"type": "profile", "identity": "email", "operations": {"points": "$incr"}}
INPUT = lines(
    [
        *orders(30),
        schema("points", {"email": {}, "points": {}, "at": {}}, ["email"], ["at"]),
        *(record("points", email=f"u{number}", points=5, at=1) for number in range(10)),
        state({"n": 1}),
    ]
)
RECORDS = 40
pytestmark = pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning")


@pytest.fixture
def emulator(start_emulator):
    return start_emulator(days=2, events_per_day=30, users=10, preparing=0)


@pytest.fixture
def authority():
    return trustme.CA()


@pytest.fixture
def project(start_emulator, authority, tmp_path):
    issued = authority.issue_cert(*NAMES, "127.0.0.1")
    certificate, key = tmp_path / "project.pem", tmp_path / "project.key"
    issued.cert_chain_pems[0].write_to_path(certificate)
    issued.private_key_pem.write_to_path(key)
    files = {"tls_certificate": str(certificate), "tls_key": str(key)}
    started = start_emulator(days=1, events_per_day=1, users=10, **files)
    started.session.trust_env = False
    started.session.verify = False
    return started


@pytest.fixture
def environment(project, authority, tmp_path):
    """Have what goes to CleverTap go to the project, by a proxy."""
    trusted = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(trusted)
    asked = []

    def connect(connection):
        host, _, port = read_head(connection).split()[1].rpartition(b":")
        asked.append(host.decode())
        assert port == b"443"
        url = urlsplit(project.url)
        with socket.create_connection((url.hostname, url.port), timeout=30) as upstream:
            connection.sendall(ESTABLISHED)
            back = threading.Thread(target=hand_on, args=(upstream, connection), daemon=True)
            back.start()
            hand_on(connection, upstream)
            back.join()

    with closing(RawServer(connect)) as proxy:
        yield {"HTTPS_PROXY": f"http://{proxy.host}", "REQUESTS_CA_BUNDLE": str(trusted)}
    assert set(asked) <= set(NAMES)


def run(folder, emulator, given, environment, **settings):
    config = folder / "config.json"
    written = {"account_id": emulator.account_id, "passcode": emulator.passcode, **settings}
    config.write_text(json.dumps(written))
    finished = subprocess.run(
        [BIN / "target-clevertap", "--config", config],
        input=given,
        capture_output=True,
        cwd=folder,
        env=clean_environment(**environment),
        timeout=120,
        check=False,
    )
    log = finished.stderr.decode()
    assert finished.returncode == 0, log
    return log


def stored(emulator):
    uploads = emulator.uploads()
    return len(uploads["events"]) + len(uploads["profiles"])


RULES = {"streams": {"orders": ORDERS_RULE, "points": POINTS}}


def test_everything_arrives_once_in_each(emulator, project, environment, tmp_path):
    tried = run(tmp_path, emulator, INPUT, {}, api_url=emulator.url, **RULES)
    assert f"delivered {RECORDS}, already delivered 0" in tried
    for url in (None, *(f"https://{name}" for name in NAMES), "https://API.CleverTap.com.:443"):
        where = {"api_url": url} if url else {"region": "eu1"}
        log = run(tmp_path, project, INPUT, environment, **where, **RULES)
        is_first = url is None
        assert (
            f"delivered {RECORDS * is_first}, already delivered {RECORDS * (not is_first)}" in log
        )
        assert ("knows of no delivery to this account and host yet" in log) == is_first
    assert (stored(emulator), stored(project)) == (RECORDS, RECORDS)
    again = run(tmp_path, emulator, INPUT, {}, api_url=emulator.url, **RULES)
    assert f"delivered 0, already delivered {RECORDS}" in again
    assert [each.name for each in tmp_path.glob("*.sqlite*")] == ["clevertap-ledger.sqlite"]


def test_what_the_tap_reads_arrives_once_in_each(emulator, project, environment, tmp_path):
    source = tap_config(emulator, events=["Charged", "Search"], profile_events=[])
    read = subprocess.run(
        tap_command(source), capture_output=True, check=True, env=clean_environment()
    ).stdout
    count = read.count(b'"type":"RECORD"') or read.count(b'"type": "RECORD"')
    assert count > 0
    for _ in range(2):
        run(tmp_path, emulator, read, {}, api_url=emulator.url)
        run(tmp_path, project, read, environment)
    assert (stored(emulator), stored(project)) == (count, count)
