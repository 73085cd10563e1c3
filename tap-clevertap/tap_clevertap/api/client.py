"""How the tap asks CleverTap: one request at a time, and when to try again."""

from __future__ import annotations

import logging
import ssl
import threading
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit

import requests
from urllib3.exceptions import HTTPError, ReadTimeoutError

from tap_clevertap._http.bodies import BodyTooLargeError, read_body
from tap_clevertap._http.connections import Connections
from tap_clevertap._http.headers import instant, request_headers, retry_after
from tap_clevertap._http.proxies import uses_environment
from tap_clevertap._plugin.shown import visible
from tap_clevertap.api.outcomes import Answer, Success, TryAgain, Unauthorized, read_answer
from tap_clevertap.api.retries import Retries
from tap_clevertap.errors import CleverTapError, CredentialsError, HostError

if TYPE_CHECKING:
    from collections.abc import Iterator

CLOCKS_APART = 3600.0
"""Seconds between two clocks, of which the log tells."""
LARGEST_BODY = 64 * 1024 * 1024
"""Bytes, decompressed; a page of 5,000 rows is about 3 MB."""

logger = logging.getLogger("tap-clevertap")
# It logs whole addresses, cursors included: each at DEBUG, at WARNING those with odd headers.
logging.getLogger("urllib3").setLevel(logging.CRITICAL)


class Client:
    """Sends requests with the credentials; safe to use from several threads.

    A thread that finds as many requests in flight as are allowed waits for one to end.
    """

    def __init__(
        self,
        *,
        url: str,
        account_id: str,
        passcode: str,
        request_timeout: float,
        max_in_flight: int,
    ) -> None:
        self._url = url
        self._slots = threading.Semaphore(max_in_flight)
        self._headers = {**request_headers(account_id, passcode), "Accept-Encoding": "gzip"}
        self._timeout = request_timeout
        self._threads = threading.local()
        self.host = urlsplit(url).netloc
        self.contacted = False
        self._clocks_are_compared = False

    def open_export(self, path: str, flags: dict[str, str], body: dict[str, Any]) -> Answer:
        """Ask for a cursor over the rows of one event and range of days."""
        return self._send("POST", f"/1/{path}", params=flags, json=body)

    def read_page(self, path: str, cursor: str) -> Answer:
        """Ask for the page that a cursor stands for.

        Cursors arrive percent-encoded, and encoding them twice is refused with code 3; decoding
        and encoding once serves encoded and plain ones alike. [ING decodeCursor; LEA errors.ts]
        """
        return self._send("GET", f"/1/{path}?cursor={quote(unquote(cursor), safe='')}")

    def read_schema(self, kind: str) -> Success:
        """Return the project's schema of events or userProperties.

        Raises:
            CredentialsError: On a 401.
            HostError: If its certificate is refused.
            CleverTapError: If there is no such answer to be had.
        """
        retries = Retries()
        while True:
            answer = self._send("GET", f"/getSchema?type={kind}")
            if isinstance(answer, Success):
                return answer
            if isinstance(answer, Unauthorized):
                raise CredentialsError(self.host)
            if not isinstance(answer, TryAgain) or (self.contacted and not answer.answered):
                message = f"{self.host}: it does not answer getSchema; check region and api_url"
                raise CleverTapError(message)
            time.sleep(retries.pause(answer, host=self.host, contacted=self.contacted))

    def _send(self, method: str, target: str, **what: Any) -> Answer:  # noqa: ANN401 - requests' own
        session = self._connections().session()
        try:
            asked = requests.Request(method, self._url + target, **what)
            prepared = session.prepare_request(asked)
            settings = session.merge_environment_settings(prepared.url, {}, True, None, None)  # noqa: FBT003 - its stream
            with self._slots:
                response = session.send(
                    prepared, timeout=self._timeout, allow_redirects=False, **settings
                )
                content = read_body(response.raw, LARGEST_BODY)
        except BodyTooLargeError:
            message = (
                f"{self.host}: an answer is larger than {LARGEST_BODY >> 20} MB; lower page_size, "
                "or check api_url"
            )
            raise CleverTapError(message) from None
        except (OSError, HTTPError) as failure:  # those of requests are OSErrors
            if fault := _fault_of_trust(failure):
                message = (
                    f"{self.host}: its TLS certificate is refused ({visible(fault)}); check "
                    "api_url, and for a proxy's own name its authority in REQUESTS_CA_BUNDLE"
                )
                raise HostError(message) from None
            # The exception's own text holds the address, and so the cursor.
            return TryAgain(_describe(failure), answered=False)
        answer = read_answer(
            response.status_code,
            content,
            retry_after=retry_after(response.headers),
            sent_at=instant(response.headers.get("Date", "")),
        )
        if not (isinstance(answer, TryAgain) and not answer.answered):
            self.contacted = True
        if isinstance(answer, Success):
            self._compare_clocks(answer.sent_at)
        return answer

    def _compare_clocks(self, sent_at: float | None) -> None:
        """Say once that this machine's clock and CleverTap's are far apart."""
        ahead = time.time() - (time.time() if sent_at is None else sent_at)
        if self._clocks_are_compared or abs(ahead) < CLOCKS_APART:
            return
        self._clocks_are_compared = True
        logger.warning(
            "%s: its clock is %s %s this machine's, and days close by the clock that is behind; "
            "set this machine's clock right, or ask who runs that host",
            self.host,
            _duration(abs(ahead)),
            "behind" if ahead > 0 else "ahead of",
        )

    def _connections(self) -> Connections:
        connections: Connections | None = getattr(self._threads, "connections", None)
        if connections is None:
            is_safe = uses_environment(self._url)
            connections = Connections(self._headers, uses_environment=is_safe)
            self._threads.connections = connections
        return connections


def _duration(seconds: float) -> str:
    days, hours = int(seconds // 86_400), round(seconds / 3600)
    return f"{days} days" if days > 1 else f"{hours} hours"


def _fault_of_trust(failure: BaseException | None) -> str:
    """Return why a certificate is not trusted, where that is the failure."""
    if type(failure) is OSError and failure.errno is None:
        return str(failure)  # from requests, of authorities' certificates that are not there
    for cause in _causes(failure):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return cause.verify_message
    return ""


def _causes(failure: BaseException | None) -> Iterator[BaseException]:
    while failure is not None:
        yield failure
        failure = failure.__cause__ or failure.__context__


def _describe(failure: Exception) -> str:
    # a TimeoutError is what ends a proxy's answer to CONNECT that comes bit by bit
    waits = (requests.Timeout, ReadTimeoutError, TimeoutError)
    if any(isinstance(each, waits) for each in _causes(failure)):
        return "no answer in time"
    if isinstance(failure, requests.exceptions.ProxyError):
        return "the connection through the proxy from the environment failed"
    if isinstance(failure, requests.ConnectionError):
        return "the connection failed"
    return "the answer broke off"
