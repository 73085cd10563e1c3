"""Whether CleverTap knows users: `GET /1/profile.json`, section 3.2 of the API notes."""

from __future__ import annotations

import threading
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import requests
from typing_extensions import override

from target_clevertap._plugin.system import translate_thread_errors
from target_clevertap.api.client import Client
from target_clevertap.api.responses import Answered, Outcome, read_outcome
from target_clevertap.errors import UploadStopped
from target_clevertap.report.figures import OTHER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from target_clevertap._http.connections import Prepared
    from target_clevertap.api.retries import Retrier

MOST_IN_FLIGHT = 3
"""Requests of this kind that CleverTap allows at once [D:api-request-limit]."""

KINDS = ("identity", "objectId")
"""The types of user keys by which a user can be looked up [D:get-user-profiles-api]."""

NO_USER = (HTTPStatus.NOT_FOUND, HTTPStatus.BAD_REQUEST)
"""What the answer is for a user who is not there [SUR], and for a key that nobody can have."""

POLL_SECONDS = 0.1
FOUND, NOT_FOUND = Answered({"found": True}), Answered({"found": False})


class User(NamedTuple):
    """A user to look up."""

    kind: str
    """One of `KINDS`."""

    key: str


class LookupClient(Client):
    """Asks for users in place of uploads; a `Retrier` sends its requests as it sends these."""

    def __init__(self, url: str, account_id: str, passcode: str, timeout: float) -> None:
        super().__init__(url, account_id, passcode, timeout)
        self._address = f"{url}/1/profile.json"

    @override
    @property
    def request_kind(self) -> str:
        return OTHER

    @override
    def prepared(self, payloads: Iterable[bytes]) -> Prepared:
        kind, key = (each.decode() for each in payloads)
        request = requests.Request("GET", self._address, params={kind: key})
        return self._connections().prepared(request)

    @override
    def upload(self, prepared: Prepared) -> Outcome:
        return self._exchange(prepared, read_found)


def read_found(status: int, content: bytes | None, retry_after: float | None, host: str) -> Outcome:
    """Return whether a user was found, or what became of the request otherwise.

    Args:
        status: The HTTP status.
        content: The body, unpacked; None where it is larger than any answer.
        retry_after: Seconds of a Retry-After header, if there was one.
        host: Who answered, for advice.

    Raises:
        UploadStopped: When no other request would fare better.
    """
    if status in NO_USER:
        return NOT_FOUND
    if status in {HTTPStatus.FORBIDDEN, HTTPStatus.METHOD_NOT_ALLOWED}:
        message = (
            f"{host}: it does not let this account look up profiles ({status}); check the "
            "passcode's rights, or remove new_profile_limit"
        )
        raise UploadStopped(message)
    body = _body_in(content) if status == HTTPStatus.OK else {}
    if body.get("status") == "success":
        return FOUND if body.get("record") else NOT_FOUND
    if body.get("status") == "fail" and body.get("code") in NO_USER:
        return NOT_FOUND
    return read_outcome(status, content, retry_after, host)


def _body_in(content: bytes | None) -> dict[str, Any]:
    try:
        body = msgspec.json.decode(content or b"")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


class Lookups:
    """Looks users up, at most three at once; one thread uses it, which waits for the answers."""

    def __init__(self, retrier: Retrier, check: Callable[[], None]) -> None:
        """Ask nothing yet.

        Args:
            retrier: With a `LookupClient`.
            check: Raises when a signal wants the run to end.
        """
        self._retrier = retrier
        self._check = check

    def known(self, users: Sequence[User]) -> list[bool]:
        """Tell which users CleverTap knows.

        Raises:
            UploadStopped: When it does not answer.
            SystemLimitError: When the system gives no thread.
        """
        found = [False] * len(users)
        errors: list[BaseException] = []
        waiting = iter(enumerate(users))
        lock = threading.Lock()
        threads = [
            threading.Thread(target=self._work, args=(waiting, lock, found, errors), daemon=True)
            for _ in range(min(MOST_IN_FLIGHT, len(users)))
        ]
        for thread in threads:
            with translate_thread_errors():
                thread.start()
        while any(thread.is_alive() for thread in threads):
            self._check()
            threads[0].join(POLL_SECONDS)
            threads = [each for each in threads if each.is_alive()] or threads[:1]
        if errors:
            raise errors[0]
        return found

    def _work(
        self,
        waiting: Iterator[tuple[int, User]],
        lock: threading.Lock,
        found: list[bool],
        errors: list[BaseException],
    ) -> None:
        try:
            while True:
                with lock:
                    place, user = next(waiting, (-1, None))
                if user is None or errors:
                    return
                found[place] = self._is_known(user)
        except BaseException as error:  # noqa: BLE001 - raised again by the thread that waits
            errors.append(error)

    def _is_known(self, user: User) -> bool:
        tries = iter(range(1, 1 << 30))
        outcome = self._retrier.send([user.kind.encode(), user.key.encode()], lambda: next(tries))
        return outcome is FOUND
