# Source: tap-clevertap/tap_clevertap/_http/failures.py; copies: `make vendor`
"""Why a request failed: from the exceptions of requests and urllib3 to a cause."""

from __future__ import annotations

import errno
import os
import ssl
from socket import gaierror
from typing import TYPE_CHECKING

import requests
from urllib3.exceptions import (
    ConnectTimeoutError,
    NameResolutionError,
    NewConnectionError,
    ReadTimeoutError,
)

from .causes import Cause

if TYPE_CHECKING:
    from collections.abc import Iterator


class NoTrustError(NewConnectionError):
    """The TLS certificate of the host is not trusted."""


TIMEOUTS = (requests.Timeout, ReadTimeoutError, TimeoutError)
"""A proxy's slow response to CONNECT ends with a TimeoutError."""
NO_TLS = (ssl.SSLError, NoTrustError)
REASONS = {
    Cause.TIMEOUT: "no response in time",
    Cause.PROXY: "the connection through the proxy from the environment failed",
    **{each: each.value for each in (Cause.NO_TLS, Cause.UNKNOWN_NAME, Cause.REFUSED)},
    Cause.UNCONNECTED: "the connection failed",
    Cause.BROKEN: "the response broke off",
}
"""What the log shows of a cause."""


def reason_of(error: requests.exceptions.ConnectionError) -> BaseException | None:
    """Return why no connection was made; None if there was one, which may have been used."""
    cause = error.args[0] if error.args else None
    reason = getattr(cause, "reason", cause)
    # urllib3 reports any error of a closed connection as one of the proxy
    reason = getattr(reason, "original_error", reason)
    return reason if isinstance(reason, (NewConnectionError, ConnectTimeoutError)) else None


def lacks_descriptors() -> bool:
    """Return whether this process has no file descriptor left for a connection."""
    try:
        os.close(os.dup(0))
    except OSError as error:
        return error.errno in {errno.EMFILE, errno.ENFILE}
    return False


def tls_fault(failure: BaseException | None) -> str:
    """Return the reason why a certificate is refused, or empty text for another failure."""
    if type(failure) is OSError and failure.errno is None:
        return str(failure)  # from requests: the file of authorities does not exist
    for cause in _causes(failure):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return cause.verify_message
    return ""


def cause_of(failure: Exception) -> Cause:
    """Return why a request had no response."""
    if _has(failure, TIMEOUTS):
        return Cause.TIMEOUT
    if isinstance(failure, requests.exceptions.ProxyError):
        return Cause.PROXY
    if not isinstance(failure, requests.ConnectionError):
        return Cause.BROKEN
    if _has(failure, NO_TLS):
        return Cause.NO_TLS
    if _has(failure, (NameResolutionError, gaierror)):
        return Cause.UNKNOWN_NAME
    return Cause.REFUSED if _has(failure, (ConnectionRefusedError,)) else Cause.UNCONNECTED


def _has(failure: BaseException, kinds: tuple[type[BaseException], ...]) -> bool:
    return any(isinstance(each, kinds) for each in _causes(failure))


def _causes(failure: BaseException | None) -> Iterator[BaseException]:
    """Yield an exception, and those that led to it."""
    while failure is not None:
        yield failure
        failure = failure.__cause__ or failure.__context__
