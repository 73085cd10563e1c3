"""Runs with `method: sftp`: what keeps them from beginning, what cuts them, and the check."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import threading

import asyncssh
import pytest

from tests.support.plugin_process import BIN
from tests.support.run_output import clean_environment
from tests.support.sftp_servers import asyncssh_server, make_key
from tests.support.target_process import finish, lines, orders

KEYS = ("sftp_url", "sftp_key_path", "sftp_host_key")


class Session(asyncssh.SFTPServer):
    """A session that cuts the connection at some renames, and counts manifests."""

    cuts = 0
    full = False
    stalls = False
    stalled = threading.Event()

    def posix_rename(self, oldpath, newpath):
        if Session.cuts:
            Session.cuts -= 1
            self.channel.get_connection().abort()
            return
        super().posix_rename(oldpath, newpath)

    async def write(self, file_obj, offset, data):
        while Session.stalls:
            Session.stalled.set()
            await asyncio.sleep(0.05)
        if Session.full:
            raise asyncssh.SFTPFailure("Failure")  # noqa: EM101 - as a server does
        return super().write(file_obj, offset, data)


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with asyncssh_server(tmp_path_factory.mktemp("sftp"), Session) as server:
        yield server


@pytest.fixture
def server(running):
    Session.cuts, Session.full, Session.stalls = 0, False, False
    Session.stalled.clear()
    for each in running.folder.iterdir():
        each.unlink()
    return running


def settings(server, **more):
    given = server.settings()
    known = {key: given[key] for key in KEYS}
    return {"method": "sftp", "files_path": "files", "client_email": "a@b.example", **known, **more}


def rows(server):
    """Return how many rows there are in data files with a manifest."""
    manifests = [json.loads(each.read_text()) for each in server.folder.glob("*.manifest")]
    files = [server.folder / each["fileName"] for each in manifests]
    return sum(each.read_text().count("\n") - 1 for each in files)


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"sftp_host_key": None}, "sftp_host_key: it is missing, so nothing was sent. 127.0.0.1:"),
        ({"sftp_host_key": "SHA256:" + "A" * 43}, "shows another host key, ssh-ed25519 SHA256:"),
        ({"sftp_key_path": "other"}, "does not take this key"),
        ({"sftp_key_path": "none"}, "sftp_key_path: `none` cannot be read"),
        ({"sftp_url": None}, "sftp_url: it is missing"),
        ({"files_for": "dashboard"}, "files_for: `method: sftp` uploads files for the SFTP import"),
        ({"client_email": None}, "client_email: each manifest needs an e-mail address"),
    ],
)
def test_a_run_that_cannot_upload_ends_before_it_reads(server, target, changed, text):
    make_key(target.folder / "other")
    ended = target.run(orders(10), **settings(server, **changed))
    assert (ended.status, ended.states) == (1, [])
    assert text in ended.log
    assert server.user not in ended.log
    assert [*server.folder.iterdir()] == []


def test_the_fingerprint_that_is_named_is_the_one_to_set(server, target):
    refused = target.run(orders(10), **settings(server, sftp_host_key=None)).log
    (fingerprint,) = {word.rstrip(";,") for word in refused.split() if word.startswith("SHA256:")}
    ended = target.run(orders(10), **settings(server, sftp_host_key=fingerprint))
    assert ended.status == 0, ended.log
    assert rows(server) == 10


def test_a_cut_at_a_rename_is_tried_again(server, target):
    Session.cuts = 1
    ended = target.run(orders(10), **settings(server))
    assert (ended.status, ended.states[-1:]) == (0, []), ended.log
    assert "trying again" in ended.log
    assert rows(server) == 10


def test_a_full_disk_ends_the_run_without_state_and_the_next_one_delivers(server, target):
    Session.full = True
    ended = target.run(orders(600), **settings(server))
    assert (ended.status, ended.states) == (1, []), ended.log
    assert "as with a full disk or quota" in ended.log
    assert rows(server) == 0
    Session.full = False
    ended = target.run(orders(600), **settings(server))
    assert (ended.status, ended.states) == (0, [{"orders": 500}]), ended.log
    assert rows(server) == 600
    assert {each.suffix for each in server.folder.iterdir()} == {".csv", ".manifest"}


def test_a_signal_ends_an_upload_that_stalls(server, target):
    Session.stalls = True
    process = target.start(**settings(server))
    process.stdin.write(lines(orders(600)))
    process.stdin.close()
    process.stdin = None
    assert Session.stalled.wait(30), "nothing is uploaded"
    process.send_signal(signal.SIGTERM)
    ended = finish(process, timeout=30)
    assert (ended.status, ended.states) == (128 + signal.SIGTERM, []), ended.log
    Session.stalls = False
    ended = target.run(orders(600), **settings(server))
    assert (ended.status, ended.states) == (0, [{"orders": 500}]), ended.log
    assert rows(server) == 600


def checked(target, **more):
    command = [
        BIN / "target-clevertap",
        "check",
        "--format=json",
        "--config",
        str(target.config(**more)),
    ]
    environment = clean_environment()
    ended = subprocess.run(
        command, capture_output=True, cwd=target.folder, env=environment, check=False
    )
    (found,) = [each for each in json.loads(ended.stdout)["findings"] if each["check"] == "sftp"]
    return found, ended.returncode


def test_the_check_connects_and_writes_nothing(server, target):
    found, status = checked(target, **settings(server))
    assert (found["code"], found["ok"], status) == ("ok", True, 0)
    assert [*server.folder.iterdir()] == []
    found, status = checked(target, **settings(server, sftp_host_key=None))
    assert (found["code"], found["ok"], status) == ("host_key_missing", False, 1)
    found, _ = checked(target, **settings(server, sftp_url=server.settings()["sftp_url"] + "/no"))
    assert found["code"] == "no_folder"
    assert server.user not in json.dumps(found)
