# Source: tap-clevertap/tap_clevertap/_http/interim.py; copies: `make vendor`
"""HTTP responses that may have interim responses before them."""

from __future__ import annotations

from http import HTTPStatus
from http.client import BadStatusLine, HTTPResponse, parse_headers

MOST_INTERIM = 100
"""With more of them the response is not expected any more."""


class FinalResponse(HTTPResponse):
    """The final response. `http.client` itself skips only 100, and no other 1xx.

    Proxies and servers send 102 and 103 unasked. [RFC 9110, 15.2]
    """

    # Not in the type stubs. `begin` calls it, and the code for a proxy's response to CONNECT.
    def _read_status(self) -> tuple[str, int, str]:
        for _ in range(MOST_INTERIM):
            status: tuple[str, int, str] = super()._read_status()  # type: ignore[misc]
            if status[1] >= HTTPStatus.OK:
                return status
            parse_headers(self.fp)
        message = "too many interim responses"
        raise BadStatusLine(message)
