"""Connections on which no answer goes on for ever, and that go nowhere but where they are meant."""

from __future__ import annotations

import io
import time
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import HTTPAdapter
from typing_extensions import override
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, ProxyManager
from urllib3.connection import HTTPConnection, HTTPSConnection

from tap_clevertap.errors import SettingsError
from tap_clevertap.interim import FinalAnswer

if TYPE_CHECKING:
    import socket

    from _typeshed import WriteableBuffer
    from urllib3 import PoolManager

LONGEST_SECONDS = 900.0
"""For a whole answer, the wait for its first byte aside."""


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
        seconds = (sock.gettimeout() or 0.0) + LONGEST_SECONDS
        self.fp = io.BufferedReader(_Limited(self.fp.detach(), seconds))


class _Connection(HTTPConnection):
    response_class = _Answer


class _TlsConnection(HTTPSConnection):
    response_class = _Answer


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
    """The connections of one thread."""

    def __init__(self, *, uses_environment: bool) -> None:
        """Open nothing yet.

        Args:
            uses_environment: Whether proxies and certificates come from the environment.
        """
        super().__init__()
        self.auth = lambda request: request  # else a .netrc could add credentials
        self.trust_env = uses_environment
        for scheme in POOLS:
            self.mount(f"{scheme}://", _Adapter())

    @override
    def get_redirect_target(self, resp: requests.Response) -> str | None:
        return None  # else all of a redirect's body is read, to go where nobody wants to


def uses_environment(url: str) -> bool:
    """Tell whether what is sent to an address may go through a proxy.

    Over http one on another machine would be given the passcode in clear text.
    """
    return not url.startswith("http:")


def check_proxy(url: str) -> None:
    """Look at the proxy that the environment names for an address.

    Raises:
        SettingsError: For one that cannot be used, whatever it does.
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
            why = "it is not an address like http://proxy.example.org:3128"
        else:
            return
    message = f"the environment's proxy: {why}; fix HTTPS_PROXY or ALL_PROXY"
    raise SettingsError(message)
