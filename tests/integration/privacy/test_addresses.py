"""Whom the plugins send a passcode to: https anywhere, plain http only to this machine."""

from __future__ import annotations

import pytest

from tap_clevertap._http.hosts import base_url
from tap_clevertap.errors import SettingError


@pytest.mark.parametrize(
    "address",
    [
        "http://localhost:8025",
        "http://LocalHost",
        "HTTP://localhost",
        "http://127.0.0.1:8025/",
        "http://127.1.2.3",
        "http://[::1]:8025",
        "http://[0:0:0:0:0:0:0:1]",
        "https://127.0.0.1.example.org",
        "https://user-content.example.org",
    ],
)
def test_an_address_that_is_safe_is_taken(address):
    assert base_url("eu1", address).startswith(address[:5].lower())


@pytest.mark.parametrize(
    "address",
    [
        "http://example.org",
        "http://localhost:0",
        "https://api.clevertap.com:0",
        "http://localhost.evil.com",
        "http://127.0.0.1.evil.com",
        "http://127.0.0.1.nip.io",
        "http://localhost.",
        "http://localhost%2eevil.com",
        "http://localhost%00.evil.com",
        "http://0.0.0.0",
        "http://[::]",
        "http://2130706433",
        "http://0x7f000001",
        "http://0x7f.1",
        "http://127.1",
        "http://0177.0.0.1",
        "http://127.0.0.01",
        "http://10.0.0.1",
        "http://[::ffff:10.0.0.1]",
        "http://\u24dbocalhost",
        "http://localho\u017ft",
        "http://localhost\u3002evil.com",
        "http://\u246027.0.0.1",
        "http://evil.com\\.localhost",
        "http://evil.com\\@localhost",
        "http://localhost\\@evil.com",
        "http://localhost@evil.com",
        "http://localhost:80@evil.com",
        "http://@evil.com",
        "https://@api.clevertap.com",
        "https://:@api.clevertap.com",
        "https://someone:mark-passcode@api.clevertap.com",
        "https://mark-passcode@api.clevertap.com",
        "https://api.clevertap.com/1/mark-passcode",
        "https://api.clevertap.com?passcode=mark-passcode",
        "https://api.clevertap.com#mark-passcode",
        "https://api.clevertap.com:mark-passcode",
        "https://[mark-passcode",
        "ftp://localhost/mark-passcode",
        "file:///mark-passcode",
        "//mark-passcode",
        "mark-passcode",
        "https://",
        "https://..mark-passcode",
        "https://mark-passcode..com",
        "https://mark passcode",
        "https://*.mark-passcode",
        "https://evil.com\\mark-passcode",
        f"https://{'evil' * 20}.com",
        "http:///mark-passcode",
        " ",
    ],
)
def test_any_other_is_refused_without_being_repeated(address):
    with pytest.raises(SettingError, match="api_url") as refusal:
        base_url("eu1", address)
    assert "mark-passcode" not in str(refusal.value)
    assert "evil" not in str(refusal.value)
