"""Who may push, and where the receiver listens without a secret."""

from __future__ import annotations

import socket
import subprocess
import sys
from base64 import b64encode

import pytest

from tests.support.plugin_process import write_json
from tests.support.receiver import ReceiverProcess, refused

SECRETS = {
    "inbox_username": "clevertap",
    "inbox_password": "pass:wörd",
    "inbox_token": "token-0123456789",
    "inbox_header": "X-Inbox-Secret",
    "inbox_header_value": "header-0123456789",
}


def basic(user, password, charset="utf-8"):
    return {"Authorization": f"Basic {b64encode(f'{user}:{password}'.encode(charset)).decode()}"}


@pytest.fixture(scope="module")
def receiver(tmp_path_factory):
    found = ReceiverProcess(tmp_path_factory.mktemp("access"), **SECRETS)
    yield found
    assert found.stop() == 0


RIGHT = {
    "basic": basic("clevertap", "pass:wörd"),
    "basic in Latin-1": basic("clevertap", "pass:wörd", "latin-1"),
    "bearer": {"Authorization": "Bearer token-0123456789"},
    "bearer in capitals": {"AUTHORIZATION": "BEARER   token-0123456789"},
    "header": {"x-inbox-secret": "header-0123456789"},
}
WRONG = {
    "nothing": {},
    "another password": basic("clevertap", "password"),
    "another user": basic("CleverTap", "pass:wörd"),
    "no base64": {"Authorization": "Basic ???"},
    "no secret": {"Authorization": "Bearer "},
    "another token": {"Authorization": "Bearer token-012345678"},
    "a token as it is": {"Authorization": "token-0123456789"},
    "the token as Basic": {"Authorization": "Basic token-0123456789"},
    "the token in the header": {"X-Inbox-Secret": "token-0123456789"},
    "an empty header": {"X-Inbox-Secret": ""},
    "the header's value elsewhere": {"X-Secret": "header-0123456789"},
}


@pytest.mark.parametrize("name", RIGHT)
def test_each_secret_lets_a_request_in(receiver, name):
    assert receiver.request(body=b"a", headers=RIGHT[name]).status == 200
    assert receiver.request("/metrics", method="GET", headers=RIGHT[name]).status == 200


@pytest.mark.parametrize("name", WRONG)
def test_anything_else_does_not(receiver, name):
    body = f"refused {name}".encode()
    for path, method in (("/webhook", "POST"), ("/eventbridge", "PUT"), ("/metrics", "GET")):
        answer = receiver.request(path, body, method=method, headers=WRONG[name])
        assert answer.status == 401
        assert answer.headers["www-authenticate"].startswith("Basic")
    assert body not in receiver.stored()


def test_health_needs_no_secret(receiver):
    assert receiver.request("/health", method="GET").content == {"ok": True}


def test_no_secret_is_logged(receiver):
    receiver.request(body=b"a", headers=RIGHT["basic"])
    for secret in ("pass:wörd", "token-0123456789", "header-0123456789"):
        assert secret not in receiver.log


def test_a_receiver_without_a_secret_warns(tmp_path):
    receiver = ReceiverProcess(tmp_path)
    assert receiver.request(body=b"a", headers=WRONG["another token"]).status == 200
    assert "no secret is set" in receiver.log
    assert receiver.stop() == 0


def test_with_a_secret_any_address_may_be_listened_on(tmp_path):
    receiver = ReceiverProcess(tmp_path, "--host", "0.0.0.0", inbox_token="t" * 20)  # noqa: S104 - the point
    assert receiver.url.startswith("http://0.0.0.0:")
    assert receiver.request(body=b"a").status == 401
    assert receiver.stop() == 0


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", ""])  # noqa: S104 - the point
def test_without_a_secret_other_machines_cannot_reach_it(tmp_path, host):
    line = refused("--host", host, folder=tmp_path, inbox_token="", inbox_username=None)
    assert "set inbox_token" in line or "no address" in line
    assert not (tmp_path / "inbox.sqlite").exists()


def test_a_host_that_is_none(tmp_path):
    assert "--host: `no.such.host.invalid`" in refused(
        "--host", "no.such.host.invalid", folder=tmp_path
    )


def test_a_port_that_is_in_use(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        line = refused("--port", str(other.getsockname()[1]), folder=tmp_path)
    assert "another program listens there; choose another port" in line


@pytest.mark.parametrize(
    ("config", "text"),
    [
        ({"inbox_username": "a"}, "inbox_password: it is missing"),
        ({"inbox_password": "hunter2"}, "inbox_username: it is missing"),
        ({"inbox_header": "X-A"}, "inbox_header_value: it is missing"),
        ({"inbox_header_value": "hunter2"}, "inbox_header: it is missing"),
        ({"inbox_header": "X A", "inbox_header_value": "hunter2"}, "inbox_header: it is not"),
        ({"inbox_username": "a:b", "inbox_password": "hunter2"}, "inbox_username: it has a colon"),
        ({"inbox_token": "hunter2\n"}, "inbox_token: it has white space"),
        ({"inbox_token": ["hunter2"]}, "inbox_token: the value has the wrong type"),
        ({"inbox_token": 77712345}, "inbox_token: the value has the wrong type"),
        ({"inbox_token": "hunter2\ud800"}, "inbox_token"),
        ({"inbox_days": -1}, "inbox_days: `-1` is out of range"),
        ({"inbox_path": 7}, "inbox_path: `7` has the wrong type"),
        ({"inbox_path": " "}, "inbox_path: ` ` is a blank path"),
    ],
)
def test_wrong_settings_are_named_without_secrets(tmp_path, config, text):
    line = refused(folder=tmp_path, **config)
    assert text in line
    assert "hunter2" not in line
    assert "77712345" not in line


def test_other_settings_may_be_wrong_or_missing(tmp_path):
    receiver = ReceiverProcess(tmp_path, start_date="soon", region=7, inbox_tokn="x")
    assert "`inbox_tokn` is not a setting" in receiver.log
    assert receiver.stop() == 0


def test_the_extra_is_named_where_it_is_not_installed(tmp_path):
    program = (
        "import sys; sys.modules['uvicorn'] = None; sys.argv[0] = 'tap-clevertap'; "
        "from tap_clevertap.__main__ import main; main()"
    )
    config = write_json({"inbox_path": str(tmp_path / "inbox.sqlite")})
    command = [sys.executable, "-c", program, "receive", "--config", config]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "uvicorn is not installed; install `tap-clevertap[receive]`" in done.stderr
    assert "Traceback" not in done.stderr
