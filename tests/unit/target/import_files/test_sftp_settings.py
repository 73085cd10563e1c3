"""The settings of an SFTP server: what they mean, and what is refused."""

from __future__ import annotations

import asyncssh
import pytest

from target_clevertap.errors import SettingError
from target_clevertap.import_files.sftp_server import HostKeyPin, SftpServer, read_pin

BASE = {
    "sftp_url": "sftp://imports.example.com/in",
    "sftp_key_path": "key",
    "account_id": "TEST-000-0000",
    "request_timeout": 60,
}


def server(**more):
    return SftpServer.from_config({**BASE, **more})


@pytest.mark.parametrize(
    ("url", "host", "port", "user", "folder"),
    [
        ("sftp://imports.example.com", "imports.example.com", 22, "TEST-000-0000", "."),
        ("sftp://imports.example.com/", "imports.example.com", 22, "TEST-000-0000", "/"),
        ("sftp://A-1@h.example:2222/in/files/", "h.example", 2222, "A-1", "/in/files"),
        ("sftp://a%40b@[::1]:2222/~/in%20here", "::1", 2222, "a@b", "in here"),
        ("sftp://h.example/~", "h.example", 22, "TEST-000-0000", "."),
    ],
)
def test_a_url_names_server_user_and_folder(url, host, port, user, folder):
    found = server(sftp_url=url)
    assert (found.host, found.port, found.user, found.folder) == (host, port, user, folder)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"sftp_url": None}, "sftp_url: it is missing"),
        ({"sftp_url": "https://secretuser@h.example"}, "sftp_url: it is not the URL of an SFTP"),
        ({"sftp_url": "sftp:///in"}, "sftp_url: it is not the URL of an SFTP"),
        ({"sftp_url": "sftp://h.example:70000/"}, "sftp_url: it is not the URL of an SFTP"),
        ({"sftp_url": "sftp://[h.example/"}, "sftp_url: it is not the URL of an SFTP"),
        ({"sftp_url": "sftp://secretuser:secret@h.example/"}, "sftp_url: it has a password"),
        ({"sftp_url": "sftp://h.example/in?x=secret"}, "sftp_url: it has a ? or #"),
        ({"sftp_url": "sftp://h.example/in%00"}, "sftp_url: its folder has a NUL"),
        ({"sftp_key_path": None}, "sftp_key_path: it is missing"),
        ({"sftp_host_key": "SHA256:short"}, "sftp_host_key: it is neither a key"),
        ({"sftp_host_key": "MD5:aa:bb"}, "sftp_host_key: it is neither a key"),
        ({"sftp_host_key": "ssh-dss AAAA"}, "sftp_host_key: it is no key that can be used"),
        ({"sftp_host_key": "ssh-ed25519 AAAA!"}, "sftp_host_key: it is no key"),
    ],
)
def test_what_cannot_be_used_is_refused_by_its_name_and_never_shown(given, text):
    with pytest.raises(SettingError) as refused:
        server(**given)
    assert refused.value.message.startswith(text)
    assert "secret" not in refused.value.message


@pytest.mark.parametrize("kind", ["ssh-ed25519", "ecdsa-sha2-nistp256", "ssh-rsa"])
@pytest.mark.parametrize("form", ["{}", "{} a comment", "[h.example]:2222 {}", "\n {} \n"])
def test_a_public_key_is_pinned_by_its_type_and_fingerprint(kind, form):
    key = asyncssh.generate_private_key(kind)
    line = key.export_public_key().decode().strip()
    assert read_pin(form.format(line)) == HostKeyPin(key.get_fingerprint(), kind)
    assert read_pin(key.get_fingerprint() + "=") == HostKeyPin(key.get_fingerprint())


def test_a_key_whose_type_is_not_the_one_it_names_is_refused():
    line = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    with pytest.raises(SettingError):
        read_pin(line.replace("ssh-ed25519", "ssh-rsa", 1))
