"""Who may push: a username with password, a bearer token, a header of one's own."""

from __future__ import annotations

import hmac
import re
from base64 import b64decode
from binascii import Error as Base64Error
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from tap_clevertap.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""What may be the name of a header. [RFC 9110, 5.1]"""
PAIRS = (("inbox_username", "inbox_password"), ("inbox_header", "inbox_header_value"))
CHARSETS = ("utf-8", "latin-1")
"""In which clients write a password. [RFC 7617, 2.1]"""


class Access:
    """The secrets that let a request in; each alone does.

    Compared in constant time, and all of them, so that an answer tells nothing about a secret.

    Args:
        config: The settings of the tap.

    Raises:
        SettingError: When one is incomplete, or could not be sent.
    """

    def __init__(self, config: Mapping[str, Any]) -> None:
        given = {name: value for name, value in config.items() if value}
        for first, second in (*PAIRS, *(pair[::-1] for pair in PAIRS)):
            if first in given and second not in given:
                message = f"{second}: it is missing, as {first} is set; set both, or neither"
                raise SettingError(message)
        self._secrets = dict(_secrets(given))

    def __bool__(self) -> bool:
        return bool(self._secrets)

    @property
    def challenge(self) -> str:
        """The value of `WWW-Authenticate`."""
        has_basic = any(name == "basic" for name, _ in self._secrets)
        return 'Basic realm="inbox", charset="UTF-8"' if has_basic else 'Bearer realm="inbox"'

    def allows(self, headers: Iterable[tuple[bytes, bytes]]) -> bool:
        """Return whether one of the headers has a secret, or no secret is needed.

        Args:
            headers: Names in lower case, and values, as they were sent.
        """
        is_right = not self._secrets
        for kind, value in _offers(headers):
            given = sha256(value).digest()
            for (wanted_kind, _), secret in self._secrets.items():
                is_right |= kind == wanted_kind and hmac.compare_digest(given, secret)
        return is_right


def _secrets(given: Mapping[str, Any]) -> Iterator[tuple[tuple[str, str], bytes]]:
    """Yield each secret by its kind and charset, hashed so that all have one length."""
    for name in ("inbox_username", "inbox_password", "inbox_token", "inbox_header_value"):
        _check_sendable(name, given.get(name, ""))
    for charset in CHARSETS:
        if "inbox_username" in given:
            if ":" in given["inbox_username"]:
                message = "inbox_username: it has a colon, which would end it; remove it"
                raise SettingError(message)
            text = f"{given['inbox_username']}:{given['inbox_password']}"
            yield ("basic", charset), _hash(text, charset)
        if "inbox_token" in given:
            yield ("bearer", charset), _hash(given["inbox_token"], charset)
        if "inbox_header" in given:
            header = given["inbox_header"].strip().rstrip(":").lower()
            if not TOKEN.fullmatch(header):
                message = "inbox_header: it is not the name of a header; set one as X-Inbox-Secret"
                raise SettingError(message)
            yield (f"header {header}", charset), _hash(given["inbox_header_value"], charset)


def _check_sendable(name: str, value: str) -> None:
    if value != value.strip() or not value.isprintable():
        message = (
            f"{name}: it has white space at an end, or characters that no header can have; "
            "remove them"
        )
        raise SettingError(message)


def _hash(text: str, charset: str) -> bytes:
    try:
        return sha256(text.encode(charset)).digest()
    except UnicodeEncodeError:
        return sha256(text.encode("utf-8")).digest()


def _offers(headers: Iterable[tuple[bytes, bytes]]) -> Iterator[tuple[str, bytes]]:
    """Yield kind and secret of each header that may have one."""
    for raw, value in headers:
        name = raw.decode("latin-1").lower()
        yield f"header {name}", value.strip()
        if name != "authorization":
            continue
        scheme, _, rest = value.strip().partition(b" ")
        kind = scheme.decode("latin-1").lower()
        if kind == "basic":
            try:
                yield kind, b64decode(rest.strip(), validate=True)
            except (Base64Error, ValueError):
                continue
        elif kind == "bearer":
            yield kind, rest.strip()
