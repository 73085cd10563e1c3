"""How to reach CleverTap: hosts, credentials, one request at a time, and when to try again."""

from __future__ import annotations

import ipaddress
import logging
import ssl
import threading
import time
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import requests
from urllib3.exceptions import HTTPError, ReadTimeoutError

from tap_clevertap.answers import Answer, Success, TryAgain, Unauthorized, read_answer
from tap_clevertap.bodies import read_body
from tap_clevertap.connections import Session, uses_environment
from tap_clevertap.errors import CleverTapError, CredentialsError, HostError, SettingsError
from tap_clevertap.retries import Retries
from tap_clevertap.shown import visible

HOSTS = {
    "eu1": "api.clevertap.com",
    "in1": "in1.api.clevertap.com",
    "us1": "us1.api.clevertap.com",
    "sg1": "sg1.api.clevertap.com",
    "aps3": "aps3.api.clevertap.com",
    "mec1": "mec1.api.clevertap.com",
    "sk1": "sk1.api.clevertap.com",
}
"""Data centre to API host; eu1 has no prefix. [D:common-api-components]; sk1 from older clients."""

REGION_ALIASES = {"global": "eu1"}
"""The dashboard calls the European data centre global. [ING]"""

LAST_INSTANT = 32_503_680_000
"""The year 3000: a clock beyond it is none."""
CLOCKS_APART = 3600.0
"""Seconds between two clocks, of which the log tells."""
ACCOUNT_HEADER = "X-CleverTap-Account-Id"
PASSCODE_HEADER = "X-CleverTap-Passcode"

logger = logging.getLogger("tap-clevertap")
# It logs whole addresses, cursors included: each at DEBUG, at WARNING those with odd headers.
logging.getLogger("urllib3").setLevel(logging.CRITICAL)


def base_url(region: str, api_url: str | None) -> str:
    """Return scheme and host of the API, without a slash at the end.

    Raises:
        SettingsError: If api_url holds more than scheme, host and port, or is plain http toward
            another machine, which would send the passcode in clear text.
    """
    if not api_url:
        return f"https://{HOSTS[REGION_ALIASES.get(region, region)]}"
    try:
        parts = urlsplit(api_url)
        is_address = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address:
        message = (
            "api_url: it is not an address; use scheme and host, as in "
            "https://in1.api.clevertap.com"
        )
        raise SettingsError(message)
    if "@" in parts.netloc or parts.path.strip("/") or parts.query or parts.fragment:
        message = "api_url: it must be scheme and host only; remove credentials, path and query"
        raise SettingsError(message)
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        message = "api_url: plain http would show the passcode to the network; use https"
        raise SettingsError(message)
    url = f"{parts.scheme}://{parts.netloc}"
    if not _is_host(url):
        message = "api_url: invalid host name; use one as in https://in1.api.clevertap.com"
        raise SettingsError(message)
    return url


def _is_host(url: str) -> bool:
    try:
        asked = requests.Request("POST", url).prepare()
        (urlsplit(asked.url or "").hostname or "").encode("idna")
    except ValueError:  # requests' own ones and those of letters are such
        return False
    return asked.path_url == "/"


def _is_loopback(host: str | None) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False  # names that end like it, and numbers that only some systems take for it


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
        self._headers = {
            ACCOUNT_HEADER: account_id,
            PASSCODE_HEADER: passcode,
            "Accept-Encoding": "gzip",
            "User-Agent": f"tap-clevertap/{version('tap-clevertap')}",
        }
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
        session = self._session()
        try:
            asked = requests.Request(method, self._url + target, headers=self._headers, **what)
            prepared = session.prepare_request(asked)
            settings = session.merge_environment_settings(prepared.url, {}, True, None, None)  # noqa: FBT003 - its stream
            with self._slots:
                response = session.send(
                    prepared, timeout=self._timeout, allow_redirects=False, **settings
                )
                content = read_body(response.raw, self.host)
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
            retry_after=_retry_after(response),
            sent_at=_instant(response.headers.get("Date", "")),
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

    def _session(self) -> Session:
        if not hasattr(self._threads, "session"):
            self._threads.session = Session(uses_environment=uses_environment(self._url))
        return self._threads.session  # type: ignore[no-any-return]  # threading.local is untyped


def _duration(seconds: float) -> str:
    days, hours = int(seconds // 86_400), round(seconds / 3600)
    return f"{days} days" if days > 1 else f"{hours} hours"


def _fault_of_trust(failure: BaseException | None) -> str:
    """Return why a certificate is not trusted, where that is the failure."""
    if type(failure) is OSError and failure.errno is None:
        return str(failure)  # from requests, of authorities' certificates that are not there
    while failure is not None:
        if isinstance(failure, ssl.SSLCertVerificationError):
            return failure.verify_message
        failure = failure.__cause__ or failure.__context__
    return ""


def _describe(failure: Exception) -> str:
    if isinstance(failure, (requests.Timeout, ReadTimeoutError)):
        return "no answer in time"
    if isinstance(failure, requests.exceptions.ProxyError):
        return "the connection through the proxy from the environment failed"
    if isinstance(failure, requests.ConnectionError):
        return "the connection failed"
    return "the answer broke off"


def _retry_after(response: requests.Response) -> float | None:
    """Return the seconds of a Retry-After header, which names them or an instant."""
    text = response.headers.get("Retry-After", "")
    try:
        seconds = float(text)
    except ValueError:
        instant = _instant(text)
        return None if instant is None else max(0.0, instant - time.time())
    return seconds if 0 <= seconds < LAST_INSTANT else None  # not for NaN either


def _instant(text: str) -> float | None:
    try:
        instant = parsedate_to_datetime(text).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None
    return instant if 0 <= instant < LAST_INSTANT else None
