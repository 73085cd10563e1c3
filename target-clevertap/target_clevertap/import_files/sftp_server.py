"""The SFTP server of the settings: where it is, who logs in, and which host key it must show."""

from __future__ import annotations

import binascii
import hashlib
import re
from base64 import b64decode, b64encode
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, unquote, urlsplit

from target_clevertap._plugin.shown import shown
from target_clevertap.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Mapping

PORT = 22
HOME = "/~"
ALGORITHMS = {
    "ssh-ed25519": ("ssh-ed25519",),
    "ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256"),
    "ecdsa-sha2-nistp256": ("ecdsa-sha2-nistp256",),
    "ecdsa-sha2-nistp384": ("ecdsa-sha2-nistp384",),
    "ecdsa-sha2-nistp521": ("ecdsa-sha2-nistp521",),
}
"""How a host signs with a key of each type. SHA-1 is not among them: it is broken."""
ANY_ALGORITHM = tuple(name for names in ALGORITHMS.values() for name in names)
_FINGERPRINT = re.compile(r"SHA256:([A-Za-z0-9+/]{43})=?")
EXAMPLE_URL = "sftp://ACCOUNT_ID@imports.clevertap.com/folder"


@dataclass(frozen=True, slots=True)
class HostKeyPin:
    """The one host key that is trusted."""

    fingerprint: str
    """`SHA256:` and the base64 of the key's hash, as OpenSSH prints it."""

    type: str | None = None
    """`ssh-ed25519` and so on; None where only the fingerprint is known."""

    def algorithms(self) -> tuple[tuple[str, ...], ...]:
        """Return the ways to ask for a host key, each tried until one shows the trusted key."""
        if self.type is not None:
            return (ALGORITHMS[self.type],)
        ecdsa = tuple(name for name in ALGORITHMS if name.startswith("ecdsa"))
        return (ANY_ALGORITHM, ALGORITHMS["ssh-ed25519"], ecdsa, ALGORITHMS["ssh-rsa"])


@dataclass(frozen=True, slots=True)
class SftpServer:
    """The settings of `method: sftp`, checked; nothing is connected or read."""

    host: str
    port: int
    user: str
    folder: str
    """Absolute, or relative to the folder of the login; `.` is that."""

    key_path: Path
    passphrase: str | None
    pin: HostKeyPin | None
    """Without one nothing is sent."""

    timeout: float
    """Seconds to wait for a connection."""

    @property
    def address(self) -> str:
        """Host and port, for messages."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def place(self) -> str:
        """Server and folder, without the user."""
        return f"{self.address} {self.folder}"

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> SftpServer:
        """Return the server of a configuration that fits the schema.

        Args:
            config: `sftp_url`, `sftp_key_path`, `sftp_host_key`, `sftp_key_passphrase`,
                `account_id` for a URL without a user, and `request_timeout`.

        Raises:
            SettingError: Naming the setting; the URL is never shown.
        """
        url = _parts(config.get("sftp_url"))
        if not (key_path := config.get("sftp_key_path")):
            message = "sftp_key_path: it is missing; give the path of the private key, as a file"
            raise SettingError(message)
        host_key = config.get("sftp_host_key")
        return cls(
            host=url.hostname or "",
            port=url.port or PORT,
            user=unquote(url.username or "") or config["account_id"],
            folder=_folder(url),
            key_path=Path(key_path),
            passphrase=config.get("sftp_key_passphrase") or None,
            pin=read_pin(host_key) if host_key else None,
            timeout=float(config["request_timeout"]),
        )


def _parts(url: object) -> SplitResult:
    if not isinstance(url, str) or not url:
        message = f"sftp_url: it is missing; give the server, such as {EXAMPLE_URL}"
        raise SettingError(message)
    try:
        parts = urlsplit(url)
        is_usable = parts.scheme == "sftp" and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_usable = False
    if not is_usable:
        message = f"sftp_url: it is not the URL of an SFTP server; write it as {EXAMPLE_URL}"
        raise SettingError(message)
    if parts.password is not None:
        message = "sftp_url: it has a password, which CleverTap does not take; use sftp_key_path"
        raise SettingError(message)
    if parts.query or parts.fragment:
        message = "sftp_url: it has a ? or #; write them as %3F and %23 if the folder has them"
        raise SettingError(message)
    return parts


def _folder(url: SplitResult) -> str:
    """Return the folder; `/~/` begins one that is relative to the login's."""
    path = unquote(url.path)
    if "\0" in path:
        message = "sftp_url: its folder has a NUL character; take it out"
        raise SettingError(message)
    if path in {"", HOME}:
        return "."
    return path.removeprefix(f"{HOME}/").rstrip("/") or "/"


def read_pin(text: str) -> HostKeyPin:
    """Return what `sftp_host_key` trusts.

    Args:
        text: A fingerprint (`SHA256:…`), a public key (`ssh-ed25519 AAAA… comment`), or the line of
            a `known_hosts` file with it.

    Raises:
        SettingError: For other text.
    """
    fingerprint = _FINGERPRINT.fullmatch(text.strip())
    if fingerprint:
        return HostKeyPin(f"SHA256:{fingerprint[1]}")
    words = text.split()
    for kind, encoded in pairwise(words):
        if kind in ALGORITHMS and (blob := _blob(encoded, kind)) is not None:
            return HostKeyPin(fingerprint_of(blob), kind)
    first = next((each for each in words if each.startswith(("ssh-", "ecdsa-", "sk-"))), "")
    what = f"no key that can be used ({shown(first)})" if first else "neither a key"
    message = (
        f"sftp_host_key: it is {what} nor a fingerprint; give a public key such as "
        "`ssh-ed25519 AAAA…`, or its fingerprint `SHA256:…`"
    )
    raise SettingError(message)


def fingerprint_of(blob: bytes) -> str:
    """Return the fingerprint of a public key in SSH's binary form, as OpenSSH prints it."""
    return "SHA256:" + b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def _blob(encoded: str, kind: str) -> bytes | None:
    """Return a public key in binary form; None where the text is not one of this type."""
    try:
        blob = b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return None
    head = len(kind).to_bytes(4, "big") + kind.encode()
    return blob if blob.startswith(head) and len(blob) > len(head) else None
