"""The request of a check: an upload of one harmless record, which CleverTap only checks."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec
import requests
from urllib3.exceptions import HTTPError

from target_clevertap._http.bodies import BodyTooLargeError, read_body
from target_clevertap._http.causes import Cause
from target_clevertap._http.connections import Connections
from target_clevertap._http.failures import cause_of, tls_fault
from target_clevertap._http.headers import instant, request_headers
from target_clevertap._http.proxies import uses_environment
from target_clevertap.api.client import CONNECT_SECONDS

if TYPE_CHECKING:
    from target_clevertap.config.settings import RunSettings

PATH = "/1/upload?dryRun=1"
IDENTITY = "target-clevertap-check"
BODY = msgspec.json.encode(
    {"d": [{"type": "profile", "identity": IDENTITY, "profileData": {"Name": IDENTITY}}]}
)
"""A profile and not an event: sent once or often, it would be the same."""

MOST_BYTES = 1 << 20
LONGEST_SECONDS = 60.0
TRIES = 4
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 4.0
TOO_MANY, SERVER_ERROR = 429, 500
THROTTLED = frozenset((1, TOO_MANY))
"""Codes in a body; the first may come with HTTP 200. [CSVD]"""


@dataclass(frozen=True, slots=True)
class ProbeAnswer:
    """A response, whatever it says."""

    status: int
    content: bytes
    sent_at: float | None
    """Epoch seconds of its Date header."""

    @property
    def body(self) -> dict[str, Any]:
        """The JSON object in it; an empty one where there is none."""
        try:
            found = msgspec.json.decode(self.content)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def code(self) -> int:
        """CleverTap's code for the whole request, or the HTTP status."""
        code = self.body.get("code")
        return code if type(code) is int else self.status

    @property
    def is_throttled(self) -> bool:
        """Whether more requests are in flight than CleverTap allows."""
        return self.code in THROTTLED


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """No response came."""

    cause: Cause
    tls_fault: str
    """Why the certificate is refused; empty for another reason."""


class UploadProbe:
    """Sends the request, a few times where that may help.

    Args:
        settings: Of the run.
    """

    def __init__(self, settings: RunSettings) -> None:
        self.settings = settings
        self.host = urlsplit(settings.url).netloc

    def upload(self) -> ProbeAnswer | NoAnswer:
        """Return what the host of the settings says in the end."""
        pause = FIRST_PAUSE
        for _ in range(TRIES - 1):
            answer = self.ask(self.settings.url)
            if isinstance(answer, NoAnswer):
                if answer.cause is Cause.TIMEOUT or answer.tls_fault:
                    return answer
            elif not answer.is_throttled and answer.status < SERVER_ERROR:
                return answer
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
        return self.ask(self.settings.url)

    def ask(self, url: str, most_seconds: float = LONGEST_SECONDS) -> ProbeAnswer | NoAnswer:
        """Send the request once.

        Args:
            url: Scheme and host.
            most_seconds: To wait at most.
        """
        settings = self.settings
        headers = {
            **request_headers(settings.account_id, settings.passcode),
            "Content-Type": "application/json; charset=utf-8",
        }
        connections = Connections(headers, uses_environment=uses_environment(url))
        seconds = min(settings.request_timeout, most_seconds)
        try:
            prepared = connections.prepared(requests.Request("POST", url + PATH, data=BODY))
            with connections.session().send(
                prepared.request,
                timeout=(min(CONNECT_SECONDS, seconds), seconds),
                allow_redirects=False,
                **prepared.settings,
            ) as response:
                content = read_body(response.raw, MOST_BYTES)
                sent_at = instant(response.headers.get("Date", ""))
                return ProbeAnswer(response.status_code, content, sent_at)
        except BodyTooLargeError:
            return NoAnswer(Cause.BROKEN, "")
        except (requests.exceptions.RequestException, HTTPError, OSError) as error:
            return NoAnswer(cause_of(error), tls_fault(error))
