# Source: tap-clevertap/tap_clevertap/_http/interim.py; copies: `make vendor`
"""HTTP answers, of which each may have interim ones before it."""

from __future__ import annotations

from http import HTTPStatus
from http.client import BadStatusLine, HTTPResponse, parse_headers

MOST_INTERIM = 100
"""More of them are not an answer that is on its way."""


class FinalAnswer(HTTPResponse):
    """The answer that counts: http.client itself passes over 100, but over no other 1xx.

    Proxies and servers send 102 and 103 on their own [RFC 9110, 15.2].
    """

    # Not in the type stubs; `begin` calls it, and what reads a proxy's answer to CONNECT.
    def _read_status(self) -> tuple[str, int, str]:
        for _ in range(MOST_INTERIM):
            status: tuple[str, int, str] = super()._read_status()  # type: ignore[misc]
            if status[1] >= HTTPStatus.OK:
                return status
            parse_headers(self.fp)
        message = "too many interim answers"
        raise BadStatusLine(message)
