"""Posting upload requests to CleverTap, and what became of each."""

from __future__ import annotations

import logging
import threading
from copy import copy
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError, ReadTimeoutError

from target_clevertap._http.bodies import BodyTooLargeError, read_body
from target_clevertap._http.connections import Connections, Prepared
from target_clevertap._http.failures import NoTrustError, lacks_descriptors, reason_of
from target_clevertap._http.headers import request_headers, retry_after
from target_clevertap._http.proxies import uses_environment
from target_clevertap.api.responses import NotProcessed, Outcome, Unknown, read_outcome
from target_clevertap.errors import UploadStopped
from target_clevertap.records.endpoints import UPLOAD
from target_clevertap.report.figures import OTHER, UPLOADS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from target_clevertap.records.endpoints import RecordEndpoint

CONNECT_SECONDS = 10
LARGEST_ANSWER_BYTES = 32 << 20
"""Unpacked: an answer repeats the records it refuses, and a request has 4 MB of them."""


class Client:
    """Posts requests to one endpoint.

    - May be used from any thread: each has connections of its own.
    - `prepared` builds a request, `upload` sends it, as often as it takes.
    - What no other request would get past raises `UploadStopped`; all else is an `Outcome`.
    """

    upload_query = ""
    """Behind the path of an upload."""

    def __init__(self, url: str, account_id: str, passcode: str, timeout: float) -> None:
        """Upload, and connect to nothing yet.

        Args:
            url: From `base_url`.
            account_id: Of the project.
            passcode: Of the account or the user.
            timeout: Seconds to wait for an answer.
        """
        self.host = urlsplit(url).netloc
        self._base = url
        self.endpoint = UPLOAD
        self._headers = {
            **request_headers(account_id, passcode),
            "Content-Type": "application/json; charset=utf-8",
        }
        self._timeout = (min(CONNECT_SECONDS, timeout), timeout)
        self._local = threading.local()
        # at DEBUG it logs addresses, at WARNING a trace for odd headers
        logging.getLogger("urllib3").setLevel(logging.CRITICAL)

    @property
    def request_kind(self) -> str:
        """What its requests count as: uploads, or other calls."""
        return OTHER if self.endpoint.is_call else UPLOADS

    def at(self, endpoint: RecordEndpoint) -> Client:
        """Return one that posts to another endpoint, over the same connections."""
        client = copy(self)
        client.endpoint = endpoint
        return client

    def prepared(self, payloads: Iterable[bytes]) -> Prepared:
        """Return the request that posts encoded records."""
        endpoint = self.endpoint
        body = endpoint.body_start + b",".join(payloads) + endpoint.body_end
        query = "" if endpoint.is_call else self.upload_query
        url = f"{self._base}{endpoint.path}{query}"
        return self._connections().prepared(requests.Request("POST", url, data=body))

    def upload(self, prepared: Prepared) -> Outcome:
        """Send a request and return what became of it as a whole.

        Args:
            prepared: The request; it may have been sent before.

        Raises:
            UploadStopped: When no other request would fare better.
        """
        return self._exchange(prepared, read_outcome)

    def _exchange(self, prepared: Prepared, read: Callable[..., Outcome]) -> Outcome:
        session = self._connections().session()
        try:
            with session.send(
                prepared.request, timeout=self._timeout, allow_redirects=False, **prepared.settings
            ) as response:
                content = _body_of(response)
                return read(response.status_code, content, retry_after(response.headers), self.host)
        except requests.exceptions.ConnectionError as error:
            return self._outcome_of(error)
        except (requests.exceptions.Timeout, ReadTimeoutError):
            return Unknown("no response in time")
        except (requests.exceptions.RequestException, HTTPError):
            return Unknown("the response was cut short")
        except OSError as error:
            if error.errno is not None:
                return Unknown("the connection was cut")
            # requests raises it for a file of certificates that is not there
            message = f"{error}; see REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE"
            raise UploadStopped(message) from None

    def _outcome_of(self, error: requests.exceptions.ConnectionError) -> Outcome:
        reason = reason_of(error)
        if reason is None:
            return Unknown("the connection was cut")
        self._stop_if_hopeless(reason)
        is_by_proxy = isinstance(error, requests.exceptions.ProxyError)
        way = " through the proxy from the environment" if is_by_proxy else ""
        return NotProcessed(f"cannot reach {self.host}{way}")

    def _connections(self) -> Connections:
        connections: Connections | None = getattr(self._local, "connections", None)
        if connections is None:
            is_safe = uses_environment(self._base)
            connections = Connections(self._headers, uses_environment=is_safe)
            self._local.connections = connections
        return connections

    def _stop_if_hopeless(self, reason: BaseException) -> None:
        if isinstance(reason, NoTrustError):
            why = str(reason).rpartition("): ")[2]
            message = (
                f"{self.host}: its TLS certificate cannot be verified ({why}), so nothing was "
                "sent; check api_url, proxies and REQUESTS_CA_BUNDLE"
            )
            raise UploadStopped(message)
        if lacks_descriptors():
            message = (
                f"{self.host}: no connection can be opened, because the limit of open files is "
                "reached; raise it (ulimit -n)"
            )
            raise UploadStopped(message)


def _body_of(response: requests.Response) -> bytes | None:
    """Return an answer's body, or None where it is larger than any answer to an upload.

    Raises:
        HTTPError: Where it breaks off, or does not end in time.
    """
    try:
        return read_body(response.raw, LARGEST_ANSWER_BYTES)
    except BodyTooLargeError:
        return None
