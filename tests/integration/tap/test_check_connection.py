"""`tap-clevertap check` tells apart what is between it and CleverTap: host, TLS, proxy, region."""

from __future__ import annotations

import time
from contextlib import closing

import pytest

from tests.integration.faults.target.test_target_proxies import (
    after_an_answer,
)
from tests.support.certificates import WRONG, Certificates
from tests.support.checked import run_check
from tests.support.plugin_process import tap_config
from tests.support.raw_server import RawServer, hang_up, read_head
from tests.support.regions import regions

SIZE = {"users": 200, "events_per_day": 300, "days": 2, "timezone": "UTC", "preparing": 0}
CREDENTIALS = {"account_id": "TEST-000-0000", "passcode": "wrong-secret", "timezone": "UTC"}
NO_PROXY_THERE = "http://127.0.0.1:9"
pytestmark = pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def check(tap_launcher):
    def run(config, **options):
        found = run_check(tap_launcher, config, **options)
        assert "wrong-secret" not in found.log + str(found.findings)
        return found

    return run


def settings(api_url, **changed):
    return {**CREDENTIALS, "api_url": api_url, **changed}


def test_a_name_that_is_not_known(check):
    found = check(settings("https://clevertap.invalid"))
    assert found.codes == {"host": "unknown_name"}
    assert "clevertap.invalid" in found.text("host")
    assert list(found.findings) == ["settings", "host"]


def test_a_host_that_refuses(check):
    assert check(settings("http://127.0.0.1:9")).codes == {"host": "refused"}


def test_a_host_that_never_responds(check):
    def listen_on(connection):
        read_head(connection)
        time.sleep(20)

    with closing(RawServer(listen_on)) as server:
        found = check(settings(f"http://{server.host}"), speed=40)
    assert found.codes == {"host": "timeout"}
    assert server.connections == 1


def test_a_host_that_hangs_up(check):
    with closing(RawServer(hang_up)) as server:
        found = check(settings(f"http://{server.host}"))
    assert found.codes == {"host": "unreachable"}


def test_a_host_that_breaks_off(check):
    cut = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"
    with closing(RawServer(after_an_answer(cut))) as server:
        found = check(settings(f"http://{server.host}"))
    assert found.codes == {"host": "broken_off"}


@pytest.mark.parametrize("body", [b"", b"<html>Welcome</html>", b'{"hello":"world"}'])
def test_a_host_that_is_not_clevertap(check, body):
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
    with closing(RawServer(after_an_answer(answer))) as server:
        found = check(settings(f"http://{server.host}"))
    assert found.codes == {"api": "not_clevertap"}
    assert "region" in found.text("api")


# TLS


def test_a_right_certificate_passes(start_emulator, check, certificates):
    emulator = start_emulator(**SIZE, **certificates.right)
    config = tap_config(emulator, timezone="UTC")
    found = check(config, REQUESTS_CA_BUNDLE=certificates.trusted)
    assert found.codes == {}


@pytest.mark.parametrize(("files", "reason"), WRONG)
def test_a_wrong_certificate(start_emulator, check, certificates, files, reason):
    emulator = start_emulator(**SIZE, **getattr(certificates, files))
    found = check(settings(emulator.url), REQUESTS_CA_BUNDLE=certificates.trusted)
    assert found.codes == {"tls": "certificate_refused"}
    assert reason in found.text("tls")
    assert "REQUESTS_CA_BUNDLE" in found.text("tls")


def test_authorities_that_are_not_there(start_emulator, check, certificates):
    emulator = start_emulator(**SIZE, **certificates.right)
    found = check(settings(emulator.url), REQUESTS_CA_BUNDLE="/missing.pem")
    assert found.codes == {"tls": "certificate_refused"}


def test_a_port_without_tls(start_emulator, check, certificates):
    url = start_emulator(**SIZE).url.replace("http:", "https:")
    found = check(settings(url), REQUESTS_CA_BUNDLE=certificates.trusted)
    assert found.codes == {"tls": "no_tls"}


def test_a_handshake_that_is_cut(check):
    with closing(RawServer(hang_up)) as server:
        found = check(settings(f"https://{server.host}"))
    assert found.codes == {"tls": "no_tls"}


# Proxies


def test_a_proxy_that_is_not_there(check):
    found = check(settings("https://api.invalid"), HTTPS_PROXY=NO_PROXY_THERE)
    assert found.codes == {"proxy": "failed"}
    assert "HTTPS_PROXY" in found.text("proxy")


@pytest.mark.parametrize("status", [b"407 Proxy Authentication Required", b"502 Bad Gateway"])
def test_a_proxy_that_does_not_connect(check, status):
    answer = b"HTTP/1.1 %b\r\nContent-Length: 0\r\n\r\n" % status
    with closing(RawServer(after_an_answer(answer))) as proxy:
        url = f"http://user:wrong-secret@{proxy.host}"
        found = check(settings("https://api.invalid"), HTTPS_PROXY=url)
    assert found.codes == {"proxy": "failed"}


def test_a_proxy_that_cannot_be_one(check):
    found = check(settings("https://api.invalid"), HTTPS_PROXY="http://u:wrong-secret@proxy:port")
    assert found.codes == {"settings": "wrong_settings"}
    assert "HTTPS_PROXY" in found.text("settings")


# Regions


OF_THE_EMULATOR = {**CREDENTIALS, "passcode": "emulator"}


@pytest.fixture
def world(start_emulator, tmp_path):
    return regions(lambda **options: start_emulator(**SIZE, **options), tmp_path)


@pytest.mark.parametrize("behavior", ["401", "silent"])
@pytest.mark.parametrize("given", [{"region": "eu1"}, {"api_url": "https://api.clevertap.com"}])
def test_the_region_of_the_project_is_found(check, world, behavior, given):
    started, environment = world
    connect = started(eu1={"wrong_region": True, "unknown_credentials": behavior}, sg1={})
    with closing(RawServer(connect)) as proxy:
        environment |= {"HTTPS_PROXY": f"http://{proxy.host}", "speed": 1}
        found = check({**OF_THE_EMULATOR, **given}, **environment)
        assert found.codes == {"region": "wrong_region"}
        assert "set region to sg1" in found.text("region")
        assert check({**OF_THE_EMULATOR, "region": "sg1"}, **environment).codes == {}
        found = check({**CREDENTIALS, **given}, **environment)
    assert found.codes == {"credentials": "wrong_passcode"}
    assert "region" in found.text("credentials")
