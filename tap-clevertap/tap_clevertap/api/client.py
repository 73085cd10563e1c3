"""Requests to CleverTap's export API."""

from __future__ import annotations

import logging
import threading
import time
from math import inf
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import quote, unquote, urlencode, urlsplit

import requests
from urllib3.exceptions import HTTPError

from tap_clevertap._http.bodies import BodyTooLargeError, read_body
from tap_clevertap._http.connections import Connections
from tap_clevertap._http.failures import REASONS, cause_of, tls_fault
from tap_clevertap._http.headers import instant, request_headers, retry_after
from tap_clevertap._http.proxies import uses_environment
from tap_clevertap._plugin.shown import visible
from tap_clevertap.api.outcomes import Outcome, Success, TryAgain, Unauthorized, read_outcome
from tap_clevertap.api.request_counts import COUNTS, EXPORTS, PAGES, RETRIES, RequestCounts
from tap_clevertap.api.retries import Retries
from tap_clevertap.errors import CleverTapError, CredentialsError, HostError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

CLOCKS_APART = 3600.0
"""Seconds between two clocks before the log warns."""
LARGEST_BODY = 64 * 1024 * 1024
"""Bytes, decompressed; a page of 5,000 rows is about 3 MB."""

Timeout: TypeAlias = "Callable[[], float]"

logger = logging.getLogger("tap-clevertap")
# It logs whole URLs, with cursors: all at DEBUG, and those with invalid headers at WARNING.
logging.getLogger("urllib3").setLevel(logging.CRITICAL)


def request_timeout_alone() -> float:
    """Return no limit but the client's own."""
    return inf


class ExportClient:
    """Sends requests with the credentials.

    - Any thread may call it; each has an HTTP session of its own.
    - A thread waits while `max_in_flight` requests are in flight.
    - All methods but `read_schema` return an outcome, and raise a `CleverTapError` only for a
      response that is too large or a certificate that is refused.

    Args:
        url: Scheme and host.
        account_id: The setting.
        passcode: The setting.
        request_timeout: Seconds to wait for the first byte of a response.
        max_in_flight: Requests in flight.
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
        self.request_timeout = request_timeout
        """Seconds; of the requests from now on."""
        self._threads = threading.local()
        self.host = urlsplit(url).netloc
        self.contacted = False
        """Whether the host has ever responded as CleverTap does."""
        self._clocks_are_compared = False
        self.requests = RequestCounts()

    def open_export(self, path: str, flags: dict[str, str], body: dict[str, Any]) -> Outcome:
        """Request a cursor over the rows of one event and range of days."""
        return self._counted(EXPORTS, "POST", f"/1/{path}", params=flags, json=body)

    def read_page(self, path: str, cursor: str) -> Outcome:
        """Request the page of a cursor.

        Cursors arrive percent-encoded. Encoding them twice is refused with code 3. Decoding and
        then encoding once is right for encoded and plain cursors. [ING decodeCursor; LEA errors.ts]
        """
        return self._counted(PAGES, "GET", f"/1/{path}?cursor={quote(unquote(cursor), safe='')}")

    def ask_count(
        self, path: str, body: dict[str, Any], *, timeout: Timeout = request_timeout_alone
    ) -> Outcome:
        """Ask for a count; CleverTap responds with it, or with a `req_id` [D:get-event-count-api].

        Args:
            path: Of the endpoint, like `counts/trends.json`.
            body: What is counted.
            timeout: Returns the seconds to wait at most, once the request has its slot, if that is
                less than for other requests.
        """
        return self._counted(COUNTS, "POST", f"/1/{path}", json=body, timeout=timeout)

    def poll_count(
        self, path: str, req_id: str, *, timeout: Timeout = request_timeout_alone
    ) -> Outcome:
        """Ask for a count again, by the `req_id` of the first response."""
        target = f"/1/{path}?req_id={quote(req_id, safe='')}"
        return self._counted(COUNTS, "GET", target, timeout=timeout)

    def look_up(
        self,
        method: str,
        target: str,
        params: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Outcome:
        """Ask for something that one response answers.

        Args:
            method: `GET` or `POST`.
            target: The path, from the root.
            params: They are encoded here; a space becomes %20, as some servers keep a `+`.
            body: Sent as JSON.
        """
        query = f"?{urlencode(params, quote_via=quote, safe='')}" if params else ""
        return self._send(method, target + query, json=body)

    def request_schema(self, kind: str) -> Outcome:
        """Request the project's schema once; see `read_schema`."""
        return self._send("GET", f"/getSchema?type={kind}")

    def read_schema(self, kind: str) -> Success:
        """Return the project's schema.

        Args:
            kind: `events` or `userProperties`.

        Raises:
            CredentialsError: On a 401.
            HostError: If the certificate of the host is refused.
            CleverTapError: If no schema arrives.
        """
        retries = Retries()
        while True:
            outcome = self.request_schema(kind)
            if isinstance(outcome, Success):
                return outcome
            if isinstance(outcome, Unauthorized):
                raise CredentialsError(self.host)
            if not isinstance(outcome, TryAgain) or (self.contacted and not outcome.answered):
                message = f"{self.host}: it does not answer getSchema; check region and api_url"
                raise CleverTapError(message)
            time.sleep(retries.pause(outcome, host=self.host, contacted=self.contacted))

    def upload_nothing(self) -> Outcome:
        """Send an upload of no record, as a dry run: it changes nothing.

        Where wrong credentials read no data and get no error [HV2], an upload gets a 401. [VCR]
        """
        return self._send("POST", "/1/upload?dryRun=1", json={"d": []})

    def _counted(self, kind: str, method: str, target: str, **parts: Any) -> Outcome:  # noqa: ANN401 - requests' own
        self.requests.add(kind)
        outcome = self._send(method, target, **parts)
        if isinstance(outcome, TryAgain):
            self.requests.add(RETRIES)
        return outcome

    def _send(
        self,
        method: str,
        target: str,
        *,
        timeout: Timeout = request_timeout_alone,
        **parts: Any,  # noqa: ANN401 - requests' own
    ) -> Outcome:
        try:
            response, content = self._exchange(method, self._url + target, parts, timeout)
        except BodyTooLargeError:
            message = (
                f"{self.host}: a response is larger than {LARGEST_BODY >> 20} MB; lower page_size, "
                "or check api_url"
            )
            raise CleverTapError(message) from None
        except (OSError, HTTPError) as failure:  # the errors of requests are OSErrors
            if fault := tls_fault(failure):
                message = (
                    f"{self.host}: its TLS certificate is refused ({visible(fault)}); check "
                    "api_url, and for a proxy's own name its authority in REQUESTS_CA_BUNDLE"
                )
                raise HostError(message) from None
            # Not the exception's text: it has the URL, and so the cursor.
            cause = cause_of(failure)
            return TryAgain(REASONS[cause], answered=False, cause=cause)
        return self._read(response, content)

    def _exchange(
        self, method: str, url: str, parts: dict[str, Any], timeout: Timeout
    ) -> tuple[requests.Response, bytes]:
        """Send a request, prepared before it takes its slot, and read the whole response."""
        connections = self._connections()
        prepared = connections.prepared(requests.Request(method, url, **parts))
        with self._slots:
            seconds = min(self.request_timeout, timeout())
            if seconds <= 0:
                raise TimeoutError
            response = connections.session().send(
                prepared.request,
                timeout=seconds,
                allow_redirects=False,
                **prepared.settings,
            )
            return response, read_body(response.raw, LARGEST_BODY)

    def _read(self, response: requests.Response, content: bytes) -> Outcome:
        outcome = read_outcome(
            response.status_code,
            content,
            retry_after=retry_after(response.headers),
            sent_at=instant(response.headers.get("Date", "")),
        )
        if not (isinstance(outcome, TryAgain) and not outcome.answered):
            self.contacted = True
        if isinstance(outcome, Success):
            self._compare_clocks(outcome.sent_at)
        return outcome

    def _compare_clocks(self, sent_at: float | None) -> None:
        """Warn once if this machine's clock and CleverTap's are far apart."""
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
