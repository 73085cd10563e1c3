"""Connections that tell, where they fail, whether anything can have been sent over them.

No answer goes on for ever on them.
"""

from __future__ import annotations

import errno
import io
import os
import ssl
import time
from http.client import HTTPException
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import HTTPAdapter
from typing_extensions import override
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, ProxyManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError, SSLError

from target_clevertap.errors import SettingError
from target_clevertap.interim import FinalAnswer

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping

    from _typeshed import WriteableBuffer
    from urllib3 import PoolManager

IDLE_SECONDS = 20
"""A connection unused for so long is opened anew: one the server dropped would make an upload's
outcome unknown."""
LONGEST_WAITS = 2
"""For a whole answer: one is for its first byte."""


class NoTrustError(NewConnectionError):
    """There is a host, but no TLS with it that can be trusted."""


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
        return self._stream.readinto(buffer)

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
        seconds = LONGEST_WAITS * (sock.gettimeout() or 0.0)
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


class _Session(requests.Session):
    @override
    def get_redirect_target(self, resp: requests.Response) -> str | None:
        return None  # else all of a redirect's body is read, to go where nobody wants to


class Connections:
    """The connections of one thread."""

    def __init__(self, headers: Mapping[str, str], *, uses_environment: bool) -> None:
        """Open nothing yet.

        Args:
            headers: Of every request.
            uses_environment: Whether proxies and certificates come from the environment.
        """
        self._session = _Session()
        self._session.headers.update(headers)
        self._session.auth = lambda request: request  # else a .netrc could add credentials
        self._session.trust_env = uses_environment
        for scheme in POOLS:
            self._session.mount(f"{scheme}://", _Adapter())
        self._used = time.monotonic()

    def session(self) -> requests.Session:
        """Return what posts, with no connection that was idle for long."""
        now = time.monotonic()
        if now - self._used > IDLE_SECONDS:
            self.close()
        self._used = now
        return self._session

    def close(self) -> None:
        """Open new ones for what follows."""
        self._session.close()


def uses_environment(url: str) -> bool:
    """Tell whether what is sent to an address may go through a proxy.

    Over http one on another machine would be given the passcode in clear text.
    """
    return not url.startswith("http:")


def check_proxy(url: str) -> None:
    """Look at the proxy that the environment names for an address.

    Raises:
        SettingError: For one that cannot be used, whatever it does.
    """
    if not uses_environment(url):
        return
    with requests.Session() as session:
        request = requests.Request("POST", url).prepare()
        proxies = session.merge_environment_settings(url, {}, None, None, None)["proxies"]
        adapter = HTTPAdapter()
        try:
            pool = adapter.get_connection_with_tls_context(request, None, proxies=proxies)
            host = getattr(getattr(pool, "proxy", None), "host", None) or ""
            host.encode("idna")
        except requests.exceptions.InvalidSchema:
            why = "one for SOCKS needs the package PySocks"
        except (ValueError, TypeError):  # whatever is wrong; its text may hold a password
            why = "it is no address like http://proxy.example.org:3128"
        else:
            return
    message = f"the environment's proxy cannot be used: {why}; set HTTPS_PROXY or ALL_PROXY right"
    raise SettingError(message)


def reason_of(error: requests.exceptions.ConnectionError) -> BaseException | None:
    """Return why there was no connection; None where one stood, so that it may have been used."""
    cause = error.args[0] if error.args else None
    reason = getattr(cause, "reason", cause)
    # urllib3 blames the proxy for whatever ends a connection that is closed by then
    reason = getattr(reason, "original_error", reason)
    return reason if isinstance(reason, (NewConnectionError, ConnectTimeoutError)) else None


def lacks_descriptors() -> bool:
    """Tell whether this process can open nothing more, as a connection needs to."""
    try:
        os.close(os.dup(0))
    except OSError as error:
        return error.errno in {errno.EMFILE, errno.ENFILE}
    return False
