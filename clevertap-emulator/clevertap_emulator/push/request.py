"""The bytes of a request, and where it goes."""

from __future__ import annotations

import base64
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, quote, urlsplit

from clevertap_emulator.push.envelopes import HEADERS
from clevertap_emulator.push.settings import PushKind

if TYPE_CHECKING:
    from clevertap_emulator.push.messages import PushMessage
    from clevertap_emulator.push.settings import PushSettings

LATIN_CHARACTERS = 256
PORTS = {"http": 80, "https": 443}
OWN = {"User-Agent": "clevertap-emulator", "Accept": "*/*"}
"""What CleverTap itself sends is unknown."""


@dataclass(frozen=True)
class PushDestination:
    """Where messages go.

    Attributes:
        host: A name or an address.
        port: Of TCP.
        tls: How to check the server's certificate; None for http.
        head: A request's line and the headers that all requests have.
    """

    host: str
    port: int
    tls: ssl.SSLContext | None
    head: bytes

    def request(self, message: PushMessage) -> bytes:
        """Return the bytes of a request."""
        content_type, content, _ = message.body
        own = f"Content-Type: {content_type}\r\nContent-Length: {len(content)}\r\n\r\n"
        return b"".join([self.head, own.encode(), content])


def destination_of(url: str, settings: PushSettings, authorities: str | None) -> PushDestination:
    """Return where messages go.

    Args:
        url: `http://` or `https://`, without credentials.
        settings: Of pushing.
        authorities: A file with certificates in PEM that are trusted instead of the system's.

    Raises:
        ValueError: It is not such a URL, or a header is not valid.
        OSError: The file of certificates cannot be read.
    """
    parts, host, port = _parts(url)
    if parts.username is not None:
        message = "--to: has credentials; give them by --username and --password"
        raise ValueError(message)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = [f"{settings.method.value} {_quoted(path)} HTTP/1.1", f"Host: {_ascii(parts.netloc)}"]
    head = "\r\n".join([*lines, *_headers(settings), ""])
    tls = ssl.create_default_context(cafile=authorities) if parts.scheme == "https" else None
    port = PORTS[parts.scheme] if port is None else port
    return PushDestination(host, port, tls, head.encode("latin-1"))


def _parts(url: str) -> tuple[SplitResult, str, int | None]:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
        name = (host or "").encode("idna")
    except ValueError:
        name = b""
    if not name or parts.scheme not in PORTS or not url.isprintable() or " " in url:
        message = "--to: is not an http or https URL; use one such as http://127.0.0.1:8080/webhook"
        raise ValueError(message)
    return parts, host or "", port


def _quoted(path: str) -> str:
    return quote(path, safe="/?&=%:@!$'()*+,;~-._")


def _ascii(netloc: str) -> str:
    return netloc if netloc.isascii() else netloc.encode("idna").decode()


def _headers(settings: PushSettings) -> list[str]:
    found = dict(HEADERS if settings.kind is PushKind.EVENTBRIDGE else OWN)
    found |= _authorization(settings)
    if not all(map(_is_header, settings.header)):
        message = "--header: is not a header; use the form `Name: value`, of Latin-1 characters"
        raise ValueError(message)
    return [*(f"{name}: {value}" for name, value in found.items()), *settings.header]


def _authorization(settings: PushSettings) -> dict[str, str]:
    username, token = settings.username, settings.token
    if ":" in username:
        message = "--username: has a colon, which HTTP Basic authentication does not allow"
        raise ValueError(message)
    if not (token.isprintable() and token.isascii()):
        message = "--token: has characters that no header has; use visible ASCII characters"
        raise ValueError(message)
    if token:
        return {"Authorization": f"Bearer {token}"}
    pair = f"{username}:{settings.password}".encode()
    return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"} if len(pair) > 1 else {}


def _is_header(line: str) -> bool:
    name, colon, value = line.partition(":")
    is_name = name.isascii() and name.replace("-", "").replace("_", "").isalnum()
    return (
        bool(colon) and is_name and value.isprintable() and max(map(ord, line)) < LATIN_CHARACTERS
    )
