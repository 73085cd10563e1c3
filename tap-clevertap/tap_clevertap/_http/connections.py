# Source: tap-clevertap/tap_clevertap/_http/connections.py; copies: `make vendor`
"""HTTP connections with a time limit for the whole answer, and without redirects.

Where they fail, they tell whether anything can have been sent over them.
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
from .interim import FinalAnswer

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping

    from _typeshed import WriteableBuffer
    from urllib3 import PoolManager

IDLE_SECONDS = 20
"""A connection unused for so long is opened anew: one the server dropped would make an upload's
outcome unknown."""
WAITS = 2
"""Timeouts that an answer of no size may take: one for its first byte, one for the rest."""
LEAST_BYTES_A_SECOND = 10_000
"""Each so many bytes give an answer a second more. A large page may come slowly; an answer that
comes bit by bit ends. Web servers limit requests in the same way (Apache's `MinRate`)."""


class _Limited(io.RawIOBase):
    """What comes over a connection, until it took too long.

    A socket's own timeout is for each piece, and one may come now and then for ever.
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


class _Answer(FinalAnswer):
    """One of which head, body and trailers together are limited; a proxy's to CONNECT is one."""

    def __init__(
        self,
        sock: socket.socket,
        debuglevel: int = 0,
        method: str | None = None,
        url: str | None = None,
    ) -> None:
        super().__init__(sock, debuglevel, method, url)
        seconds = WAITS * (sock.gettimeout() or 0.0)
        self.fp = io.BufferedReader(_Limited(self.fp.detach(), seconds))


class _Connection(HTTPConnection):
    response_class = _Answer


class _TlsConnection(HTTPSConnection):
    response_class = _Answer

    @override
    def connect(self) -> None:
        try:
            super().connect()
        except ssl.SSLEOFError as error:
            raise NewConnectionError(self, "the handshake was cut") from error
        except (ssl.SSLError, SSLError) as error:
            raise NoTrustError(self, getattr(error, "verify_message", "") or str(error)) from error
        except (OSError, HTTPException) as error:  # the latter of a proxy's answer to CONNECT
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
        if isinstance(manager, ProxyManager):  # one for SOCKS has pools of its own
            manager.pool_classes_by_scheme = POOLS
        return manager


class Session(requests.Session):
    """Sends requests without redirects, and with no credentials but those in the headers."""

    def __init__(self, headers: Mapping[str, str], *, uses_environment: bool) -> None:
        super().__init__()
        self.headers.update(headers)
        self.auth = lambda request: request  # else a .netrc could add credentials
        self.trust_env = uses_environment
        for scheme in POOLS:
            self.mount(f"{scheme}://", _Adapter())

    @override
    def get_redirect_target(self, resp: requests.Response) -> str | None:
        return None  # else all of a redirect's body is read, to go where nobody wants to


class Prepared(NamedTuple):
    """A request that only has to be sent."""

    request: requests.PreparedRequest
    settings: Mapping[str, Any]
    """Proxies and certificates."""


class Connections:
    """The connections of one thread; opened when they are used.

    Args:
        headers: Of every request.
        uses_environment: Whether proxies and certificates come from the environment.
    """

    def __init__(self, headers: Mapping[str, str], *, uses_environment: bool) -> None:
        self._session = Session(headers, uses_environment=uses_environment)
        self._used = time.monotonic()

    def session(self) -> Session:
        """Return what sends, with no connection that was idle for long."""
        now = time.monotonic()
        if now - self._used > IDLE_SECONDS:
            self.close()
        self._used = now
        return self._session

    def prepared(self, request: requests.Request) -> Prepared:
        """Return a request ready to send, as often as it takes."""
        prepared = self._session.prepare_request(request)
        settings = self._session.merge_environment_settings(
            prepared.url, {}, stream=True, verify=None, cert=None
        )
        return Prepared(prepared, settings)

    def close(self) -> None:
        """Open new connections for what follows."""
        self._session.close()
