# Source: tap-clevertap/tap_clevertap/_http/causes.py; copies: `make vendor`
"""Why a request has no response of CleverTap's."""

from __future__ import annotations

from enum import Enum


class Cause(Enum):
    """Why a request has to be sent again, where that is known."""

    UNKNOWN_NAME = "the host's name is not known"
    REFUSED = "the host refuses the connection"
    UNCONNECTED = "the connection failed otherwise"
    TIMEOUT = "no connection, or no response, in time"
    NO_TLS = "the other side does not speak TLS, or cuts the handshake"
    PROXY = "the proxy"
    BROKEN = "the response broke off"
    THROTTLED = "more requests are in flight than CleverTap allows"
