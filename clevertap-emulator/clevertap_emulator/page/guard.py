"""What browsers may do with the emulator's own paths: only its own page may read and change them.

Programs send no `Origin`, and are let through by any name of a host that nobody can register.
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING

import msgspec
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response

from clevertap_emulator.api.responses import JSON
from clevertap_emulator.shown import shown

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

OWN = "/_emulator"
HOST = re.compile(r"(?:\[(?P<address>[^\]]*)\]|(?P<name>[^:\[\]]*))(?::[0-9]*)?")
PRIVATE_ZONES = frozenset(["localhost", "test", "internal", "local"])
"""Last labels of names that nobody can register, so that no other site can lead them here."""
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types lit-html"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}


class BrowserGuard:
    """ASGI middleware: it refuses what another site does through a reader's browser."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request; those of the API's own paths are untouched."""
        if scope["type"] != "http" or not is_own(scope["path"]):
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(raw=message["headers"]).update(HEADERS)
            await send(message)

        error = refusal(scope["method"], Headers(scope=scope))
        app = self._app if error is None else _refused(error)
        await app(scope, receive, send_guarded)


def is_own(path: str) -> bool:
    """Return whether a path is one of the emulator's own."""
    return path == OWN or path.startswith(f"{OWN}/")


def refusal(method: str, headers: Headers) -> str | None:
    """Return why a request is refused; None if it is not."""
    host = headers.get("host", "")
    if not _is_private(host):
        return (
            f"Host: {shown(host)} may lead here from anywhere; open the address that the emulator "
            "printed when it started"
        )
    origin = headers.get("origin")
    if origin is not None and origin.partition("://")[2].lower() != host.lower():
        return f"Origin: {shown(origin)} is another site; only the emulator's own page may do this"
    is_opened = method == "GET" and headers.get("sec-fetch-mode") == "navigate"
    site = headers.get("sec-fetch-site", "none")
    if site not in {"same-origin", "none"} and not is_opened:
        return "Sec-Fetch-Site: another site sent this; only the emulator's own page may do this"
    return None


def _is_private(host: str) -> bool:
    """Return whether a host is an address, or a name that cannot be rebound to this computer."""
    found = HOST.fullmatch(host)
    if found is None:
        return False
    name = (found["address"] or found["name"]).rstrip(".").lower()
    if "." not in name and found["address"] is None:
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return name.rpartition(".")[2] in PRIVATE_ZONES
    return True


def _refused(error: str) -> Response:
    content = msgspec.json.encode({"status": "fail", "error": error})
    return Response(content, 403, media_type=JSON)
