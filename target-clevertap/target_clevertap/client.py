"""How the target talks to CleverTap: hosts, credentials, requests."""

from __future__ import annotations

import ipaddress
import logging
import threading
import time
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError, ReadTimeoutError

from target_clevertap.connections import (
    Connections,
    NoTrustError,
    lacks_descriptors,
    reason_of,
    uses_environment,
)
from target_clevertap.errors import SettingError, UploadStopped
from target_clevertap.outcomes import NotTaken, Outcome, Unknown, read_outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

HOSTS: dict[str, str] = {
    "eu1": "api.clevertap.com",
    "in1": "in1.api.clevertap.com",
    "us1": "us1.api.clevertap.com",
    "sg1": "sg1.api.clevertap.com",
    "aps3": "aps3.api.clevertap.com",
    "mec1": "mec1.api.clevertap.com",
    "sk1": "sk1.api.clevertap.com",
}
"""API host of each region [D:common-api-components; sk1: SEG]."""

ACCOUNT_HEADER = "X-CleverTap-Account-Id"
PASSCODE_HEADER = "X-CleverTap-Passcode"

CONNECT_SECONDS = 10
LAST_INSTANT = 32_503_680_000
"""The year 3000: a clock beyond it is none."""
PIECE_BYTES = 1 << 16
LARGEST_ANSWER_BYTES = 32 << 20
"""Unpacked: an answer repeats the records it refuses, and a request has 4 MB of them."""

BODY_START, BODY_END = b'{"d":[', b"]}"
ENVELOPE_BYTES = len(BODY_START) + len(BODY_END)


def base_url(region: str, api_url: str | None) -> str:
    """Return scheme and host of the API.

    Args:
        region: A key of HOSTS, or `global`, as the dashboard calls eu1 [ING].
        api_url: What the user wants instead.

    Raises:
        SettingError: For an `api_url` that would leak credentials or cannot be meant.
    """
    if not api_url:
        return f"https://{HOSTS['eu1' if region == 'global' else region]}"
    try:
        parts = urlsplit(api_url)
        has_port = parts.port is not None
    except ValueError:
        message = (
            "api_url: it is not an address; use scheme and host, as in https://api.clevertap.com"
        )
        raise SettingError(message) from None
    if "@" in parts.netloc or parts.query or parts.fragment or parts.path.strip("/"):
        message = "api_url: only scheme, host and port, without credentials, path or query"
        raise SettingError(message)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.port == 0:
        message = "api_url: use scheme and host, as in https://api.clevertap.com"
        raise SettingError(message)
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        message = "api_url: plain http would show the passcode to the network; use https"
        raise SettingError(message)
    if not _is_host(f"{parts.scheme}://{parts.netloc}"):
        message = "api_url: there can be no such host; use one as in https://api.clevertap.com"
        raise SettingError(message)
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}{f':{parts.port}' if has_port else ''}"


def _is_host(url: str) -> bool:
    try:
        asked = requests.Request("POST", url).prepare()
        (urlsplit(asked.url or "").hostname or "").encode("idna")
    except ValueError:  # requests' own ones and those of letters are such
        return False
    return asked.path_url == "/"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Client:
    """Posts upload requests; each thread has connections of its own."""

    def __init__(self, url: str, account_id: str, passcode: str, timeout: float) -> None:
        """Remember where and as whom to post.

        Args:
            url: From `base_url`.
            account_id: Of the project.
            passcode: Of the account or the user.
            timeout: Seconds to wait for an answer.
        """
        self.host = urlsplit(url).netloc
        self._url = f"{url}/1/upload"
        self._headers = {
            ACCOUNT_HEADER: account_id,
            PASSCODE_HEADER: passcode,
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": f"target-clevertap/{version('target-clevertap')}",
        }
        self._timeout = (min(CONNECT_SECONDS, timeout), timeout)
        self._local = threading.local()
        # at DEBUG it logs addresses, at WARNING a trace for odd headers
        logging.getLogger("urllib3").setLevel(logging.CRITICAL)

    def upload(self, payloads: Iterable[bytes]) -> Outcome:
        """Post encoded records and return what became of the request as a whole.

        Raises:
            UploadStopped: When no other request would fare better.
        """
        body = BODY_START + b",".join(payloads) + BODY_END
        connections = self._connections()
        try:
            with connections.session().post(
                self._url, data=body, timeout=self._timeout, allow_redirects=False, stream=True
            ) as response:
                content = _body_of(response)
                return read_outcome(
                    response.status_code, content, retry_after(response.headers), self.host
                )
        except requests.exceptions.ConnectionError as error:
            reason = reason_of(error)
            if reason is None:
                return Unknown("the connection was cut")
            self._stop_if_hopeless(reason)
            is_by_proxy = isinstance(error, requests.exceptions.ProxyError)
            way = " through the proxy from the environment" if is_by_proxy else ""
            return NotTaken(f"cannot reach {self.host}{way}")
        except (requests.exceptions.Timeout, ReadTimeoutError):
            return Unknown("no answer in time")
        except (requests.exceptions.RequestException, HTTPError):
            return Unknown("the answer broke off")
        except OSError as error:
            if error.errno is not None:
                return Unknown("the connection was cut")
            # requests says so of authorities' certificates that are not where they should be
            message = f"{error}; see REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE"
            raise UploadStopped(message) from None

    def _connections(self) -> Connections:
        connections: Connections | None = getattr(self._local, "connections", None)
        if connections is None:
            is_safe = uses_environment(self._url)
            connections = Connections(self._headers, uses_environment=is_safe)
            self._local.connections = connections
        return connections

    def _stop_if_hopeless(self, reason: BaseException) -> None:
        if isinstance(reason, NoTrustError):
            why = str(reason).rpartition("): ")[2]
            message = (
                f"{self.host} offers no TLS connection to trust ({why}), so nothing was sent; "
                "check api_url, proxies and REQUESTS_CA_BUNDLE"
            )
            raise UploadStopped(message)
        if lacks_descriptors():
            message = "no more files or connections can be opened: raise the limit (ulimit -n)"
            raise UploadStopped(message)


def _body_of(response: requests.Response) -> bytes | None:
    """Return an answer's body, or None where it is larger than any answer to an upload.

    Raises:
        HTTPError: Where it breaks off, or does not end in time.
    """
    body = bytearray()
    while piece := response.raw.read1(PIECE_BYTES, decode_content=True):
        body += piece
        if len(body) > LARGEST_ANSWER_BYTES:
            return None
    return bytes(body)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds of a Retry-After header, which names them or an instant."""
    text = headers.get("Retry-After", "")
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
