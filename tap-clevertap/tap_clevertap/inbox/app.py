"""The ASGI application of the receiver: an answer of 200 means that the message is on the disk."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import Route

from tap_clevertap.inbox.arrivals import EVENTBRIDGE, WEBHOOK, arrival
from tap_clevertap.inbox.commits import NotStoredError
from tap_clevertap.inbox.limits import MOST_BODY_BYTES
from tap_clevertap.inbox.unpacking import (
    EncodingError,
    PackedBodyError,
    TooLargeError,
    encodings_of,
    unpack,
)

if TYPE_CHECKING:
    from starlette.requests import Request

    from tap_clevertap.inbox.access import Access
    from tap_clevertap.inbox.limits import Budget
    from tap_clevertap.inbox.log import ReceiverLog
    from tap_clevertap.inbox.metrics import ReceiverCounts
    from tap_clevertap.inbox.storing import Storing
    from tap_clevertap.inbox.writer import Taken

METHODS = ["POST", "PUT"]
PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"
BY_STATUS = {404: "unknown_path", 405: "method"}
NOT_STORED = "the message cannot be stored now; send it again"
FAILED = "the receiver failed at this request; its log says how"
UNHEALTHY = "messages cannot be stored now; the receiver's log says why"
ADVICE = {
    404: "there is nothing here; push to /webhook or /eventbridge",
    405: "the method is not allowed here; push with POST",
}


class Refusal(HTTPException):
    """A request that is not answered with 200.

    Args:
        status: Of the answer.
        reason: As the metrics name it.
        why: What is wrong, and what to do.
        headers: Of the answer.
    """

    def __init__(
        self, status: int, reason: str, why: str, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(status, why, headers)
        self.reason = reason


class Receiver:
    """Answers requests; one event loop uses it.

    Args:
        storing: Stores messages.
        access: Says who may push.
        counts: Counts what is answered.
        budget: Of the bytes in memory.
        log: Is told what fails.
    """

    def __init__(
        self,
        storing: Storing,
        access: Access,
        counts: ReceiverCounts,
        budget: Budget,
        log: ReceiverLog,
    ) -> None:
        self._storing = storing
        self._access = access
        self._counts = counts
        self._budget = budget
        self._log = log
        self._unpacking = asyncio.Lock()

    def application(self) -> Starlette:
        """Return the ASGI application."""
        application = Starlette(
            routes=[
                Route("/webhook", self._webhook, methods=METHODS),
                Route("/eventbridge", self._eventbridge, methods=METHODS),
                Route("/health", self._answer_health, methods=["GET"]),
                Route("/metrics", self._answer_metrics, methods=["GET"]),
            ],
            exception_handlers={
                HTTPException: self._refuse,  # type: ignore[dict-item]  # by its class
                ClientDisconnect: self._hang_up,
                Exception: self._fail,
            },
        )
        application.router.redirect_slashes = False
        return application

    async def _webhook(self, request: Request) -> Response:
        return await self._take(request, WEBHOOK)

    async def _eventbridge(self, request: Request) -> Response:
        return await self._take(request, EVENTBRIDGE)

    async def _answer_health(self, _: Request) -> Response:
        if await self._storing.works():
            return _json(HTTPStatus.OK, {"ok": True})
        return _json(HTTPStatus.SERVICE_UNAVAILABLE, {"ok": False, "error": UNHEALTHY})

    async def _answer_metrics(self, request: Request) -> Response:
        self._check_access(request)
        return Response(self._counts.text(), media_type=PROMETHEUS)

    async def _take(self, request: Request, source: str) -> Response:
        self._check_access(request)
        body = await self._body(request)
        if not body:
            why = "the body is empty, so nothing can be stored; send a message"
            raise Refusal(HTTPStatus.BAD_REQUEST, "empty", why)
        self._counts.count("received", source)
        try:
            self._budget.take(len(body))
            taken = await self._storing.store(arrival(source, body))
        except NotStoredError:
            headers = {"Retry-After": "5"}
            raise Refusal(503, "not_stored", NOT_STORED, headers) from None
        finally:
            self._budget.give(len(body))
        return self._stored(source, taken)

    def _stored(self, source: str, taken: Taken) -> Response:
        if not taken.is_repeated:
            self._counts.count("stored", source)
            return _json(HTTPStatus.OK, {"stored": True})
        self._counts.count("repeated", source)
        if taken.has_other_body:
            self._counts.count("conflicting", source)
        return _json(HTTPStatus.OK, {"stored": True, "repeated": True})

    def _check_access(self, request: Request) -> None:
        if not self._access.allows(request.headers.raw):
            why = "the request has no right secret; set it where the message is sent from"
            challenge = {"WWW-Authenticate": self._access.challenge}
            raise Refusal(HTTPStatus.UNAUTHORIZED, "access", why, challenge)

    async def _body(self, request: Request) -> bytes:
        try:
            encodings = encodings_of(",".join(_packed_as(request)))
        except EncodingError:
            why = "the body is packed in an unknown way; send it as it is, or as gzip or deflate"
            headers = {"Accept-Encoding": "gzip, deflate"}
            raise Refusal(415, "encoding", why, headers) from None
        body = await _received(request)
        if not encodings or not body:
            return body
        async with self._unpacking:  # one at a time: each may become much larger
            if self._budget.is_exceeded:
                why = "too much waits; send it again later"
                raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "overloaded", why)
            return await self._unpacked(body, encodings)

    async def _unpacked(self, body: bytes, encodings: list[str]) -> bytes:
        try:
            return await asyncio.to_thread(unpack, body, encodings, MOST_BODY_BYTES)
        except TooLargeError:
            raise _too_large() from None
        except PackedBodyError:
            why = "the body cannot be unpacked as its Content-Encoding says; send it as it is"
            raise Refusal(HTTPStatus.BAD_REQUEST, "packed", why) from None

    async def _refuse(self, _: Request, refusal: HTTPException) -> Response:
        status = refusal.status_code
        self._counts.refuse(getattr(refusal, "reason", BY_STATUS.get(status, "other")))
        why = ADVICE.get(status, refusal.detail)
        return _json(status, {"error": why}, refusal.headers)

    async def _hang_up(self, _: Request, __: Exception) -> Response:
        self._counts.refuse("cut")
        return Response(status_code=HTTPStatus.BAD_REQUEST)  # nobody reads it

    async def _fail(self, _: Request, error: Exception) -> Response:
        self._counts.refuse("failed")
        self._log.failed(error)
        return _json(HTTPStatus.INTERNAL_SERVER_ERROR, {"error": FAILED})


def _packed_as(request: Request) -> list[str]:
    """Return the values of headers that say how a body is packed, in the order of packing."""
    getlist = request.headers.getlist
    return [*getlist("content-encoding"), *getlist("transfer-encoding")]


async def _received(request: Request) -> bytes:
    """Return the body as it was sent, unless it is too large."""
    with suppress(ValueError):
        if int(request.headers.get("content-length", "0")) > MOST_BODY_BYTES:
            raise _too_large()
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        parts.append(part)
        size += len(part)
        if size > MOST_BODY_BYTES:
            raise _too_large()
    return b"".join(parts)


def _too_large() -> Refusal:
    why = f"the body has more than {MOST_BODY_BYTES:,} bytes; send smaller messages"
    return Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", why)


def _json(status: int, content: dict[str, Any], headers: Any = None) -> Response:  # noqa: ANN401 - as Starlette takes it
    body = json.dumps(content)
    return Response(body, status, headers, media_type="application/json")
