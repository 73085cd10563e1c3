# Source: tap-clevertap/tap_clevertap/_http/failures.py; copies: `make vendor`
"""Why a request failed: without a connection, or for lack of file descriptors."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

if TYPE_CHECKING:
    import requests


class NoTrustError(NewConnectionError):
    """The TLS certificate of the host is not trusted."""


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
