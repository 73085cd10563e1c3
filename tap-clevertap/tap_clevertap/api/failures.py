"""Why no response arrived: from the exceptions of requests and urllib3 to a cause, without I/O."""

from __future__ import annotations

import ssl
from socket import gaierror
from typing import TYPE_CHECKING

import requests
from urllib3.exceptions import NameResolutionError, ReadTimeoutError

from tap_clevertap._http.failures import NoTrustError
from tap_clevertap.api.outcomes import Cause

if TYPE_CHECKING:
    from collections.abc import Iterator

TIMEOUTS = (requests.Timeout, ReadTimeoutError, TimeoutError)
"""A proxy's slow response to CONNECT ends with a TimeoutError."""
NO_TLS = (ssl.SSLError, NoTrustError)
REASONS = {
    Cause.TIMEOUT: "no response in time",
    Cause.PROXY: "the connection through the proxy from the environment failed",
    Cause.NO_TLS: "the connection failed",
    Cause.UNKNOWN_NAME: "the connection failed",
    Cause.REFUSED: "the connection failed",
    Cause.UNCONNECTED: "the connection failed",
    Cause.BROKEN: "the response broke off",
}
"""What the log shows of a cause."""


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
