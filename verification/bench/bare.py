"""The emulator alone: a client that reads pages, and one that posts bodies, and nothing else."""

from __future__ import annotations

import json
import time
from http import HTTPStatus
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit

if TYPE_CHECKING:
    from clevertap_emulator.testing import Emulator

EXPORT = "/1/events.json"
FLAGS = "batch_size=5000&app=true&events=false&profile=true"
RECORD = b'"ts":'
NEXT = b'"next_cursor":"'


class BareClient:
    """One connection to an emulator, one request after another."""

    def __init__(self, emulator: Emulator) -> None:
        where = urlsplit(emulator.url)
        self._connection = HTTPConnection(where.hostname or "", where.port)
        self._headers = emulator.headers | {"Content-Type": "application/json"}

    def ask(self, method: str, path: str, body: bytes | None = None) -> bytes:
        """Send one request, and return the body of its answer.

        Raises:
            RuntimeError: If it is refused.
        """
        self._connection.request(method, path, body, self._headers)
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status != HTTPStatus.OK:
            message = f"{method} {path.partition('?')[0]} is answered with {answer.status}"
            raise RuntimeError(message)
        return content

    def rows_a_second(self, asked: dict[str, Any]) -> float:
        """Read an export to its end; return how many rows came in each second of reading pages.

        Args:
            asked: The question that opens it.
        """
        opened = self.ask("POST", f"{EXPORT}?{FLAGS}", json.dumps(asked).encode())
        cursor, rows, seconds = json.loads(opened)["cursor"], 0, 0.0
        while cursor:
            began = time.monotonic()
            page = self.ask("GET", f"{EXPORT}?cursor={quote(unquote(cursor), safe='')}")
            seconds += time.monotonic() - began
            rows += page.count(RECORD)
            cursor = page.partition(NEXT)[2].partition(b'"')[0].decode()
        return rows / seconds

    def records_a_second(self, bodies: list[bytes], records: int) -> float:
        """Post bodies; return how many records were taken each second.

        Args:
            bodies: Of upload requests.
            records: How many there are in each.
        """
        began = time.monotonic()
        for body in bodies:
            self.ask("POST", "/1/upload", body)
        return records * len(bodies) / (time.monotonic() - began)
