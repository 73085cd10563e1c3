"""What the plugins take from their environment, and what they leave in it."""

from __future__ import annotations

import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pytest

from tap_clevertap._http.proxies import check_proxy
from tap_clevertap.errors import SettingError
from tests.support.forked_emulator import ForkedEmulator
from tests.support.plugin_process import BIN, write_json
from tests.support.run_output import clean_environment
from tests.support.target_process import ORDERS_RULE, lines, orders

SIZE = {"timezone": "UTC", "days": 2, "events_per_day": 300, "users": 10, "preparing": 0}
PASSCODE = "mark-passcode"
WITHOUT_SOCKS = pytest.mark.skipif(find_spec("socks") is not None, reason="PySocks is there")
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


@pytest.fixture(scope="module")
def emulator():
    running = ForkedEmulator.start(**SIZE, passcode=PASSCODE)
    yield running
    running.stop()


@pytest.fixture(params=["tap", "target"])
def run(request, emulator, tmp_path):
    """Run either plugin with some settings in its environment, all of them if wanted."""

    def run_plugin(url=emulator.url, arguments=(), **environment):
        emulator.reset()
        process = start(request.param, emulator, tmp_path, url, arguments, environment)
        given = lines(orders(5)) if request.param == "target" else None
        stdout, stderr = process.communicate(given, timeout=90)
        return process.returncode, stdout, stderr.decode()

    return run_plugin


def start(plugin, emulator, folder, url, arguments, environment):
    config = {"account_id": emulator.account_id, "api_url": url, "passcode": PASSCODE}
    more = {
        "tap": {"timezone": "UTC", "events": ["Charged"], "profile_events": []},
        "target": {"streams": {"orders": ORDERS_RULE}},
    }[plugin]
    if arguments:
        config = {}
    return subprocess.Popen(
        [BIN / f"{plugin}-clevertap", "--config", write_json({**config, **more}), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=folder,
        env=clean_environment(**environment),
    )


def secrets(emulator, *plugins):
    known = {"ACCOUNT_ID": emulator.account_id, "PASSCODE": PASSCODE, "API_URL": emulator.url}
    return {
        f"{plugin.upper()}_CLEVERTAP_{name}": value
        for plugin in plugins
        for name, value in known.items()
    }


def test_secrets_come_from_environment_variables_without_meltano_too(run, emulator):
    status, _, log = run(arguments=("--config=ENV",), **secrets(emulator, "tap", "target"))
    assert status == 0, log
    assert emulator.requests()["requests"]
    assert PASSCODE not in log


def test_a_proxy_is_not_told_what_is_for_this_machine(run, listener):
    proxies = dict.fromkeys(("HTTP_PROXY", "http_proxy", "ALL_PROXY"), listener.url)
    status, _, log = run(**proxies)
    assert status == 0, log
    assert listener.received == []


def test_a_proxy_for_https_learns_the_host_and_nothing_else(run, listener):
    proxy = listener.url.replace("//", "//mark-user:mark-word@")
    status, _, log = run("https://api.invalid", HTTPS_PROXY=proxy)
    assert status == 1
    received = {(command, path) for command, path, _ in listener.received}
    assert received == {("CONNECT", "api.invalid:443")}
    assert PASSCODE not in str(listener.received)
    assert "mark-" not in log


@pytest.mark.parametrize(
    "proxy",
    [
        "http://mark-user:mark-word@proxy:port",
        "http://mark-user:mark-word@",
        "http://mark-\u4e2d:mark-word@127.0.0.1:9",
        "http://mark-word..com",
        f"http://{'mark' * 20}:80",
        "ftp://mark-user:mark-word@127.0.0.1:9",
        pytest.param("socks5://mark-user:mark-word@127.0.0.1:9", marks=WITHOUT_SOCKS),
    ],
)
def test_a_proxy_that_cannot_be_one_is_refused(monkeypatch, proxy):
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    check_proxy("http://127.0.0.1:9")
    with pytest.raises(SettingError, match="HTTPS_PROXY") as refusal:
        check_proxy("https://127.0.0.1:9")
    assert "mark" not in str(refusal.value)


def test_it_ends_the_run_at_once(run, tmp_path):
    proxy = "http://mark-user:mark-word@proxy:port"
    status, _, log = run("https://127.0.0.1:9", HTTPS_PROXY=proxy)
    assert status == 1
    assert "HTTPS_PROXY" in log.splitlines()[-1]
    assert "Traceback" not in log
    assert "mark" not in log
    assert not list(tmp_path.iterdir())


def test_a_proxy_that_is_not_there_is_reported(run):
    status, _, log = run("https://127.0.0.1:9", HTTPS_PROXY="http://127.0.0.1:9")
    assert status == 1
    assert "through the proxy" in log.splitlines()[-1]


def test_a_netrc_neither_replaces_nor_adds_credentials(run, listener, tmp_path):
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login mark-login password mark-word\n")
    netrc.chmod(0o600)
    status, _, log = run(listener.url, HOME=str(tmp_path))
    assert status == 1
    assert "401" in log
    (_, _, headers) = listener.received[0]
    assert "Authorization" not in headers
    assert headers["X-CleverTap-Passcode"] == PASSCODE


def children_of(process):
    """Return the processes that a plugin has started."""
    tasks = Path(f"/proc/{process.pid}/task").iterdir()
    return [each for task in tasks for each in (task / "children").read_text().split()]


def shown_of(process, what):
    try:
        return Path(f"/proc/{process}/{what}").read_bytes()
    except OSError:
        return b""


@LINUX
def test_the_target_is_one_process_whose_command_holds_no_passcode(emulator, tmp_path):
    emulator.reset()
    environment = secrets(emulator, "tap", "target")
    process = start("target", emulator, tmp_path, emulator.url, ("--config=ENV",), environment)
    try:
        process.stdin.write(lines(orders(3000)))
        process.stdin.flush()
        until = time.monotonic() + 60
        while not emulator.requests()["requests"] and time.monotonic() < until:
            time.sleep(0.02)
        assert emulator.requests()["requests"]
        assert children_of(process) == []
        assert PASSCODE.encode() not in shown_of(process.pid, "cmdline")
    finally:
        process.kill()
        process.communicate()
