# Source: tap-clevertap/tap_clevertap/_http/failures.py; copies: `make vendor`
"""Why a request failed: whether there was a connection, and what the system lacked."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

if TYPE_CHECKING:
    import requests


class NoTrustError(NewConnectionError):
    """There is a host, but no TLS with it that can be trusted."""


def reason_of(error: requests.exceptions.ConnectionError) -> BaseException | None:
    """Return why there was no connection; None if there was one, which may have been used."""
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
