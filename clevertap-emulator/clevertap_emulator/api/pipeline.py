"""How one API request is served: logged, matched with faults, handled, delayed, sent or cut."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from clevertap_emulator.admin.faults import NO_ACTION
from clevertap_emulator.api.auth import quota_of
from clevertap_emulator.api.request import USER_CALLS, ApiRequest
from clevertap_emulator.api.responses import TOO_MANY_REQUESTS, ApiResponse
from clevertap_emulator.api.uploads import decode_records
from clevertap_emulator.api.user_calls import users_in
from clevertap_emulator.data.calendar import day_stamp

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from clevertap_emulator.admin.faults import FaultAction
    from clevertap_emulator.admin.journal import LoggedRequest
    from clevertap_emulator.project import Project

HANG_UP = "clevertap_emulator.hang_up"
NO_HANG_UP = (
    "clevertap-emulator: the faults `cut` and `truncate` need its own server; "
    "start the command `clevertap-emulator`, or use clevertap_emulator.testing"
)
OWN_FAILURE = 500
"""What the server responds with if the emulator itself fails."""
WITHOUT_BODY = frozenset([204, 304])
GATEWAY_PAGE = b"<html><head><title>502 Bad Gateway</title></head><body>Bad Gateway</body></html>"


class ApiPipeline:
    """The ASGI application for all paths of the API."""

    def __init__(self, project: Project) -> None:
        self._project = project

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, in flight from here until its response is sent."""
        http_request = Request(scope, receive)
        request = ApiRequest(
            http_request.method,
            http_request.url.path,
            http_request.query_params,
            http_request.headers,
        )
        journal, limits = self._project.journal, self._project.limits
        logged = journal.add(request.method, request.path, request.kind)
        quota = quota_of(request.path)
        logged.in_flight = limits.enter(quota)
        if quota is not None:
            journal.note_in_flight(quota, logged.in_flight)
        try:
            request.body = await http_request.body()
            await _Exchange(self._project, request, logged, scope).serve(receive, send)
        except ClientDisconnect:
            pass
        except Exception:
            logged.status = OWN_FAILURE
            raise
        finally:
            limits.leave(quota)
            journal.settle(logged)


class _Exchange:
    """One request and its response."""

    def __init__(
        self, project: Project, request: ApiRequest, logged: LoggedRequest, scope: Scope
    ) -> None:
        self._project = project
        self._request = request
        self._logged = logged
        self._scope = scope

    async def serve(self, receive: Receive, send: Send) -> None:
        """Send the response, changed by the fault that fires, if one does."""
        request = self._request
        request.number = self._logged.number
        target = request.fault_target(self._project.export_endpoint.name_of(request))
        self._log_query(target.event_name)
        fault = request.fault = self._project.faults.next_action(target)
        self._logged.faulty = fault is not NO_ACTION
        if fault.cut == "before":
            await self._hang_up(receive, abort=True)
            return
        if await _wait(receive, fault.delay_effect or 0.0):
            return
        response = self._respond(fault)
        self._log_export()
        latency = 0.0 if response is TOO_MANY_REQUESTS else self._project.settings.latency_ms / 1000
        if await _wait(receive, (fault.delay or 0.0) + latency + response.seconds):
            return
        if fault.cut == "after":
            await self._hang_up(receive, abort=True)
            return
        await self._send(response, fault, receive, send)

    def _respond(self, fault: FaultAction) -> ApiResponse:
        if self._project.limits.exceeded(self._quota(), self._logged.in_flight):
            return TOO_MANY_REQUESTS
        replacement = _replacement(fault)
        if replacement is not None and not fault.effect:
            return replacement
        response = self._project.handle(self._request)
        return response if replacement is None else replacement

    def _quota(self) -> str | None:
        return quota_of(self._request.path)

    def _log_query(self, name: str | None) -> None:
        logged, request = self._logged, self._request
        logged.event_name, logged.flags, logged.bytes = (
            name,
            request.logged_params(),
            len(request.body),
        )
        if request.kind == "upload":
            request.records = decode_records(request.body)
            logged.records = None if request.records is None else len(request.records)
        elif request.path in USER_CALLS:
            logged.records = users_in(request)
        elif request.kind in {"open", "count", "report"}:
            query = request.query() or {}
            logged.first_day, logged.last_day = query.get("from"), query.get("to")

    def _log_export(self) -> None:
        logged, export = self._logged, self._request.export
        if export is not None and export.days:
            logged.event_name = export.name
            logged.first_day, logged.last_day = (
                day_stamp(export.days[0]),
                day_stamp(export.days[-1]),
            )

    async def _send(
        self, response: ApiResponse, fault: FaultAction, receive: Receive, send: Send
    ) -> None:
        logged = self._logged
        logged.status, logged.code = response.status, response.code
        whole = b"" if response.status in WITHOUT_BODY else response.body
        logged.unprocessed, logged.answer_bytes = response.unprocessed, len(whole)
        body = whole[: fault.clip]
        headers = dict(response.headers)
        asgi_response = Response(body, response.status, headers, response.content_type)
        if fault.truncate is None:
            await asgi_response(self._scope, receive, send)
            return
        await send(
            {
                "type": "http.response.start",
                "status": response.status,
                "headers": asgi_response.raw_headers,
            }
        )
        part = body[: fault.truncate]
        await send({"type": "http.response.body", "body": part, "more_body": True})
        await self._hang_up(receive, abort=False)

    async def _hang_up(self, receive: Receive, *, abort: bool) -> None:
        """Close the connection, and return once the server has noticed."""
        hang_up = self._scope.get("extensions", {}).get(HANG_UP)
        if hang_up is None:
            raise RuntimeError(NO_HANG_UP)
        hang_up(abort)
        while (await receive())["type"] != "http.disconnect":
            pass


def _replacement(fault: FaultAction) -> ApiResponse | None:
    """Return the response that a fault gives instead of the API's; None if it gives none."""
    if fault.html:
        return ApiResponse(GATEWAY_PAGE, fault.status or 200, content_type="text/html")
    if fault.empty:
        return ApiResponse(b"", fault.status or 200)
    if fault.status is None:
        return None
    body = fault.body if fault.body is not None else {"status": "fail", "error": "Scheduled fault"}
    content = body.encode() if isinstance(body, str) else msgspec.json.encode(body)
    return ApiResponse(content, fault.status, headers=tuple((fault.headers or {}).items()))


async def _wait(receive: Receive, seconds: float) -> bool:
    """Wait, and return whether the client disconnected before the time was up."""
    if seconds <= 0:
        return False
    with suppress(asyncio.TimeoutError):
        await asyncio.wait_for(_disconnected(receive), seconds)
        return True
    return False


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
