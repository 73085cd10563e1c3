"""Files on their way to an SFTP server: whole, resumed, renamed; and what each failure says."""

from __future__ import annotations

import errno
import os
import random
import sys

import asyncssh
import pytest

from target_clevertap.errors import SettingError
from target_clevertap.import_files import sftp_connection
from target_clevertap.import_files.sftp import SftpDestination
from target_clevertap.import_files.sftp_errors import SftpStopped
from target_clevertap.import_files.sftp_server import SftpServer
from tests.support.sftp_servers import SSHD, asyncssh_server, make_key, openssh

CONTENT = random.Random(7).randbytes(9_000_000)  # more than two chunks
SSHD_MISSING = "OpenSSH's sshd is not installed"
NO_PAUSES = (0.0, 0.0)


@pytest.fixture
def local(tmp_path):
    path = tmp_path / "orders.csv"
    path.write_bytes(CONTENT)
    return path


@pytest.fixture(scope="module", params=["openssh", "asyncssh"])
def any_server(request, tmp_path_factory):
    if request.param == "openssh" and SSHD is None:
        pytest.skip(SSHD_MISSING)
    start = openssh if request.param == "openssh" else asyncssh_server
    with start(tmp_path_factory.mktemp(request.param)) as server:
        yield server


class Session(asyncssh.SFTPServer):
    """A session that counts what it is sent, and fails as the test says."""

    written = 0
    cut_after = None
    """Bytes after which each connection is cut."""
    renames_lost = 0
    failure = None
    """What each write raises."""
    in_this = 0

    def write(self, file_obj, offset, data):
        if Session.failure:
            raise Session.failure
        if Session.cut_after is not None and self.in_this >= Session.cut_after:
            self.channel.get_connection().abort()
            return 0
        self.in_this += len(data)
        Session.written += len(data)
        return super().write(file_obj, offset, data)

    def posix_rename(self, oldpath, newpath):
        super().posix_rename(oldpath, newpath)
        if Session.renames_lost:
            Session.renames_lost -= 1
            self.channel.get_connection().abort()


@pytest.fixture(scope="module")
def own_server(tmp_path_factory):
    with asyncssh_server(tmp_path_factory.mktemp("own"), Session) as server:
        yield server


@pytest.fixture
def server(own_server):
    Session.written, Session.cut_after, Session.renames_lost, Session.failure = 0, None, 0, None
    for each in own_server.folder.iterdir():
        each.unlink()
    return own_server


@pytest.fixture
def opened():
    made = []

    def open_destination(server, **more):
        chosen = SftpServer.from_config(server.settings(**more))
        made.append(SftpDestination(chosen, NO_PAUSES))
        return made[-1]

    yield open_destination
    for each in made:
        each.close()
        each.close()


def refusal(opened, server, **more):
    with pytest.raises(SftpStopped) as stopped:
        opened(server, **more).check()
    assert "secret" not in str(stopped.value)
    return stopped.value


def test_a_file_appears_under_its_name_only_when_it_is_whole(any_server, local, opened):
    destination = opened(any_server)
    destination.check()
    destination.put(local, ".orders.csv.part")
    assert not destination.exists("orders.csv")
    assert destination.exists(".orders.csv.part")
    destination.rename(".orders.csv.part", "orders.csv")
    assert destination.exists("orders.csv")
    assert (any_server.folder / "orders.csv").read_bytes() == CONTENT
    local.write_bytes(b"newer")
    destination.put(local, ".orders.csv.part")
    destination.rename(".orders.csv.part", "orders.csv")
    assert [each.name for each in any_server.folder.iterdir()] == ["orders.csv"]
    assert (any_server.folder / "orders.csv").read_bytes() == b"newer"
    assert local.read_bytes() == b"newer"
    (any_server.folder / "orders.csv").unlink()


@pytest.mark.parametrize(
    ("there", "sent"),
    [
        (b"", len(CONTENT)),
        (CONTENT[:5_000_000], len(CONTENT) - 5_000_000),
        (CONTENT[:5_000_000] + b"\0" * 100, None),
        (b"other" * 1000, len(CONTENT)),
        (CONTENT, 0),
        (CONTENT + b"more", 0),
    ],
    ids=["empty", "half", "half and holes", "another", "whole", "longer"],
)
def test_what_is_there_is_continued_where_it_is_the_same(server, local, opened, there, sent):
    (server.folder / ".o.part").write_bytes(there)
    opened(server).put(local, ".o.part")
    assert (server.folder / ".o.part").read_bytes() == CONTENT
    if sent is not None:
        assert Session.written <= sent


def test_an_empty_file_is_uploaded(server, tmp_path, opened):
    empty = tmp_path / "empty"
    empty.touch()
    (server.folder / ".o.part").write_bytes(b"left over")
    opened(server).put(empty, ".o.part")
    assert (server.folder / ".o.part").read_bytes() == b""


def test_an_upload_that_is_cut_continues_on_another_connection(server, local, opened, caplog):
    Session.cut_after = 4_000_000
    opened(server).put(local, ".o.part")
    assert (server.folder / ".o.part").read_bytes() == CONTENT
    assert Session.written < 2 * len(CONTENT)
    assert "trying again" in caplog.text


def test_cuts_do_not_end_an_upload_as_long_as_it_goes_on(server, local, opened):
    Session.cut_after = 500_000
    opened(server).put(local, ".o.part")
    assert (server.folder / ".o.part").read_bytes() == CONTENT


def test_a_run_ends_with_advice_where_each_try_is_cut(server, local, opened):
    Session.cut_after = 0
    with pytest.raises(SftpStopped, match="in 3 tries; check the server") as stopped:
        opened(server).put(local, ".o.part")
    assert stopped.value.code == "not_reached"
    Session.cut_after = None
    opened(server).put(local, ".o.part")
    assert (server.folder / ".o.part").read_bytes() == CONTENT


def test_a_rename_whose_answer_is_lost_counts_though_the_importer_took_the_file(
    server, tmp_path, opened
):
    manifest = tmp_path / "o"
    manifest.write_bytes(b"{}")
    destination = opened(server)
    destination.put(manifest, ".o.part")
    Session.renames_lost = 1
    destination.rename(".o.part", "o.manifest")
    assert [each.name for each in server.folder.iterdir()] == ["o.manifest"]
    with pytest.raises(SftpStopped):
        destination.rename(".o.part", "o.manifest")  # without a cut it is an error


def test_a_server_without_openssh_s_rename_replaces_a_file_too(tmp_path, local, opened):
    with asyncssh_server(tmp_path) as plain:
        (plain.folder / "o.csv").write_bytes(b"older")
        destination = opened(plain)
        destination.check()
        handler = destination._connection.sftp._handler  # as if the server had not offered it
        handler._supports_posix_rename = False
        destination.put(local, ".o.part")
        destination.rename(".o.part", "o.csv")
        assert (plain.folder / "o.csv").read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("failure", "code", "text"),
    [
        (OSError(errno.ENOSPC, "No space left"), "failing", "as with a full disk or quota"),
        (OSError(errno.EDQUOT, "Quota"), "failing", "as with a full disk or quota"),
        (OSError(errno.EACCES, "Denied"), "not_permitted", "permission denied"),
        (asyncssh.SFTPFailure("secret words"), "failing", "gives no reason"),
    ],
)
def test_a_write_that_the_server_refuses_ends_the_run(server, local, opened, failure, code, text):
    Session.failure = failure
    with pytest.raises(SftpStopped, match=text) as stopped:
        opened(server).put(local, ".o.part")
    assert stopped.value.code == code
    assert "secret" not in str(stopped.value)


def test_a_folder_that_is_not_there_or_not_open_is_named(any_server, local, opened):
    missing = any_server.settings()["sftp_url"] + "/none"
    stopped = refusal(opened, any_server, sftp_url=missing)
    assert stopped.code == "no_folder"
    assert "there is no folder" in stopped.message
    if os.getuid() and not any_server.root:
        any_server.folder.chmod(0o500)
        with pytest.raises(SftpStopped, match="permission denied"):
            opened(any_server).put(local, ".o.part")
        any_server.folder.chmod(0o700)


def test_without_a_host_key_nothing_is_sent_and_the_one_shown_is_named(any_server, opened):
    stopped = refusal(opened, any_server, sftp_host_key=None)
    assert stopped.code == "host_key_missing"
    fingerprint = asyncssh.import_public_key(any_server.host_key).get_fingerprint()
    assert f"ssh-ed25519 {fingerprint}" in stopped.message
    opened(any_server, sftp_host_key=fingerprint).check()


@pytest.mark.parametrize("pinned", ["key", "fingerprint"])
def test_another_host_key_is_refused_before_the_login(any_server, opened, pinned):
    other = asyncssh.generate_private_key("ssh-ed25519")
    pin = other.export_public_key().decode() if pinned == "key" else other.get_fingerprint()
    stopped = refusal(opened, any_server, sftp_host_key=pin)
    assert stopped.code == "other_host_key"
    assert "Somebody may be in between" in stopped.message


def test_a_host_key_of_another_type_than_the_pinned_is_refused(any_server, opened):
    pin = asyncssh.generate_private_key("ssh-rsa").export_public_key().decode()
    assert refusal(opened, any_server, sftp_host_key=pin).code in {"no_algorithm", "not_reached"}


@pytest.mark.parametrize("kind", ["ssh-rsa", "ecdsa-sha2-nistp384"])
def test_a_fingerprint_finds_a_host_key_of_any_type(tmp_path, opened, kind):
    host = asyncssh.generate_private_key(kind)
    with asyncssh_server(tmp_path, host=host) as server:
        opened(server, sftp_host_key=host.get_fingerprint()).check()
        opened(server).check()


def test_a_key_that_the_server_does_not_know_is_refused(any_server, tmp_path, opened):
    make_key(tmp_path / "other")
    stopped = refusal(opened, any_server, sftp_key_path=str(tmp_path / "other"))
    assert stopped.code == "key_refused"
    assert "does not take this key" in stopped.message


def test_a_key_with_a_passphrase_opens_with_it_alone(any_server, tmp_path, opened):
    key = asyncssh.read_private_key(any_server.key_path)
    locked = tmp_path / "locked"
    key.write_private_key(locked, passphrase="secret one", rounds=50)  # noqa: S106 - of this test
    for passphrase, text in ((None, "set sftp_key_passphrase"), ("secret two", "does not open")):
        with pytest.raises(SftpStopped, match=text) as stopped:
            opened(any_server, sftp_key_path=str(locked), sftp_key_passphrase=passphrase)
        assert "secret" not in str(stopped.value)
    more = {"sftp_key_path": str(locked), "sftp_key_passphrase": "secret one"}
    opened(any_server, **more).check()


def test_a_key_file_that_is_none_is_named(any_server, tmp_path, opened):
    (tmp_path / "garbage").write_text("secret")
    for name, text in (("none", "No such file"), ("garbage", "no private key of OpenSSH")):
        with pytest.raises(SftpStopped, match=text) as stopped:
            opened(any_server, sftp_key_path=str(tmp_path / name))
        assert stopped.value.code == "key_unusable"


def test_a_host_that_does_not_answer_is_told(any_server, opened):
    for url in ("sftp://127.0.0.1:1/", "sftp://host.invalid/"):
        stopped = refusal(opened, any_server, sftp_url=url)
        assert stopped.code == "not_reached"


def test_without_the_extra_the_message_names_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "asyncssh", None)
    with pytest.raises(SettingError, match=r"install target-clevertap\[sftp\]"):
        sftp_connection.require_extra()
