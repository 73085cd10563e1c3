# Source: tap-clevertap/tap_clevertap/_http/connections.py; copies: `make vendor`
"""HTTP connections with a time limit for the whole response, and without redirects.

Their errors show whether anything can have been sent.
"""

from __future__ import annotations

import io
import ssl
import time
from http.client import HTTPException
from typing import TYPE_CHECKING, Any, NamedTuple

import requests
from requests.adapters import HTTPAdapter
from typing_extensions import override
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, ProxyManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import NewConnectionError, SSLError

from .failures import NoTrustError
from .interim import FinalResponse

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping

    from _typeshed import WriteableBuffer
    from urllib3 import PoolManager

IDLE_SECONDS = 20
"""A connection that was idle longer is replaced. If the server had dropped it, the outcome of an
upload would be unknown."""
WAITS = 2
"""Timeouts that a response of no size may take: one for its first byte, one for the rest."""
LEAST_BYTES_A_SECOND = 10_000
"""A response gets one more second for this number of bytes. A large page may arrive slowly; a
response that trickles ends. Web servers limit requests in the same way (Apache's `MinRate`)."""


class _LimitedInput(io.RawIOBase):
    """The input of a connection, with a time limit.

    A socket's own timeout is for one piece: a server could send pieces for ever.
    """

    def __init__(self, stream: io.RawIOBase, seconds: float) -> None:
        self._stream = stream
        self._until = time.monotonic() + seconds

    @override
    def readable(self) -> bool:
        return True

    @override
    def readinto(self, buffer: WriteableBuffer) -> int | None:
        if time.monotonic() > self._until:
            raise TimeoutError
        count = self._stream.readinto(buffer)
        self._until += (count or 0) / LEAST_BYTES_A_SECOND
        return count

    @override
    def close(self) -> None:
        self._stream.close()
        super().close()


class _LimitedResponse(FinalResponse):
    """A response with one limit for head, body and trailers; also a proxy's to CONNECT."""

    def __init__(
        self,
        sock: socket.socket,
        debuglevel: int = 0,
        method: str | None = None,
        url: str | None = None,
    ) -> None:
        super().__init__(sock, debuglevel, method, url)
        seconds = WAITS * (sock.gettimeout() or 0.0)
        self.fp = io.BufferedReader(_LimitedInput(self.fp.detach(), seconds))


class _Connection(HTTPConnection):
    response_class = _LimitedResponse


class _TlsConnection(HTTPSConnection):
    response_class = _LimitedResponse

    @override
    def connect(self) -> None:
        try:
            super().connect()
        except ssl.SSLEOFError as error:
            raise NewConnectionError(self, "the handshake was cut") from error
        except (ssl.SSLError, SSLError) as error:
            raise NoTrustError(self, getattr(error, "verify_message", "") or str(error)) from error
        except (OSError, HTTPException) as error:  # HTTPException: a proxy's response to CONNECT
            raise NewConnectionError(self, str(error)) from error


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


POOLS = {"http": _Pool, "https": _TlsPool}


class _Adapter(HTTPAdapter):
    @override
    def init_poolmanager(self, *arguments: Any, **settings: Any) -> None:
        super().init_poolmanager(*arguments, **settings)
        self.poolmanager.pool_classes_by_scheme = POOLS

    @override
    def proxy_manager_for(self, *arguments: Any, **settings: Any) -> PoolManager:
        manager: PoolManager = super().proxy_manager_for(*arguments, **settings)
        if isinstance(manager, ProxyManager):  # SOCKS proxies have their own pools
            manager.pool_classes_by_scheme = POOLS
        return manager


class Session(requests.Session):
    """Sends requests without redirects, and only with the credentials in the headers."""

    def __init__(self, headers: Mapping[str, str], *, uses_environment: bool) -> None:
        super().__init__()
        self.headers.update(headers)
        self.auth = lambda request: request  # else .netrc could add credentials
        self.trust_env = uses_environment
        for scheme in POOLS:
            self.mount(f"{scheme}://", _Adapter())

    @override
    def get_redirect_target(self, resp: requests.Response) -> str | None:
        return None  # else the body of a redirect is read, and the redirect followed


class Prepared(NamedTuple):
    """A request that is ready to send."""

    request: requests.PreparedRequest
    settings: Mapping[str, Any]
    """Proxies and certificates."""


class Connections:
    """The connections of one thread.

    - They are opened when they are used, and replaced when they were idle for long.
    - Only the thread that made it calls its methods; they raise nothing.

    Args:
        headers: Of each request.
        uses_environment: Whether proxies and certificates come from the environment.
    """

    def __init__(self, headers: Mapping[str, str], *, uses_environment: bool) -> None:
        self._session = Session(headers, uses_environment=uses_environment)
        self._used = time.monotonic()

    def session(self) -> Session:
        """Return the session, without a connection that was idle for long."""
        now = time.monotonic()
        if now - self._used > IDLE_SECONDS:
            self.close()
        self._used = now
        return self._session

    def prepared(self, request: requests.Request) -> Prepared:
        """Return a request that is ready to send, also more than once."""
        prepared = self._session.prepare_request(request)
        settings = self._session.merge_environment_settings(
            prepared.url, {}, stream=True, verify=None, cert=None
        )
        return Prepared(prepared, settings)

    def close(self) -> None:
        """Close all connections; the next request opens a new one."""
        self._session.close()
