"""HTTP responses made of an input, through all layers between a connection and its reader."""

from __future__ import annotations

from io import BytesIO

import requests
from requests.adapters import HTTPAdapter
from typing_extensions import override
from urllib3 import HTTPResponse

from verification.fuzz.reader import BETWEEN

MOST_ANSWERS = 24
LONGEST_STATUS = 3


class NoMoreAnswersError(Exception):
    """The reader asked for more than the input holds."""


class Answers(HTTPAdapter):
    """Gives one answer after the other, in place of a connection.

    Of each the first line is the status and a Retry-After, if any; the rest is the body.
    """

    def __init__(self, content: bytes) -> None:
        """Give the answers of an input."""
        super().__init__()
        self._parts = iter(content.split(BETWEEN)[:MOST_ANSWERS])

    @override
    def send(self, request: requests.PreparedRequest, **_: object) -> requests.Response:
        part = next(self._parts, None)
        if part is None:
            raise NoMoreAnswersError
        head, _, body = part.partition(b"\n")
        status, _, after = head.decode("latin-1").partition(" ")
        is_status = status.isdecimal() and len(status) == LONGEST_STATUS
        raw = HTTPResponse(
            BytesIO(body),
            {"Retry-After": after} if after else {},
            int(status) if is_status else requests.codes.ok,
            preload_content=False,
        )
        return self.build_response(request, raw)
