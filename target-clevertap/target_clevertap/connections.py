"""Connections that tell, where they fail, whether anything can have been sent over them."""

from __future__ import annotations

import errno
import os
import ssl
import time
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import HTTPAdapter
from typing_extensions import override
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError, SSLError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from urllib3 import PoolManager

IDLE_SECONDS = 20
"""A connection unused for so long is opened anew: one the server dropped would make an upload's
outcome unknown."""


class NoTrustError(NewConnectionError):
    """There is a host, but no TLS with it that can be trusted."""


class _Connection(HTTPSConnection):
    @override
    def connect(self) -> None:
        try:
            super().connect()
        except ssl.SSLEOFError as error:
            raise NewConnectionError(self, "the handshake was cut") from error
        except (ssl.SSLError, SSLError) as error:
            raise NoTrustError(self, getattr(error, "verify_message", "") or str(error)) from error
        except OSError as error:
            raise NewConnectionError(self, str(error)) from error


class _Pool(HTTPSConnectionPool):
    ConnectionCls = _Connection


POOLS = {"http": HTTPConnectionPool, "https": _Pool}


class _Adapter(HTTPAdapter):
    @override
    def init_poolmanager(self, *arguments: Any, **settings: Any) -> None:
        super().init_poolmanager(*arguments, **settings)
        self.poolmanager.pool_classes_by_scheme = POOLS

    @override
    def proxy_manager_for(self, *arguments: Any, **settings: Any) -> PoolManager:
        manager: PoolManager = super().proxy_manager_for(*arguments, **settings)
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
        self._session.mount("https://", _Adapter())
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


def reason_of(error: requests.exceptions.ConnectionError) -> BaseException | None:
    """Return why there was no connection; None where one stood, so that it may have been used."""
    cause = error.args[0] if error.args else None
    reason = getattr(cause, "reason", cause)
    if isinstance(reason, (NewConnectionError, ConnectTimeoutError)):
        return reason
    return error if isinstance(error, requests.exceptions.ProxyError) else None


def lacks_descriptors() -> bool:
    """Tell whether this process can open nothing more, as a connection needs to."""
    try:
        os.close(os.dup(0))
    except OSError as error:
        return error.errno in {errno.EMFILE, errno.ENFILE}
    return False
