"""The way of one API request: counted, hit by faults, answered, delayed, sent or cut off."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from clevertap_emulator.api.auth import lane_of
from clevertap_emulator.api.request import Asked
from clevertap_emulator.api.responses import TOO_MANY, Answer
from clevertap_emulator.api.uploads import parsed
from clevertap_emulator.data.calendar import day_stamp

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from clevertap_emulator.admin.faults import Action
    from clevertap_emulator.admin.journal import Entry
    from clevertap_emulator.data.project import Project

HANG_UP = "clevertap_emulator.hang_up"
GATEWAY_PAGE = b"<html><head><title>502 Bad Gateway</title></head><body>Bad Gateway</body></html>"


class Gate:
    """The ASGI application that stands for the API's host."""

    def __init__(self, project: Project) -> None:
        self._project = project

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, counted as in flight from here until its answer is sent."""
        request = Request(scope, receive)
        asked = Asked(request.method, request.url.path, request.query_params, request.headers)
        journal, admission = self._project.journal, self._project.admission
        entry = journal.open(asked.method, asked.path, asked.kind)
        lane = lane_of(asked.path)
        entry.in_flight = admission.enter(lane)
        if lane is not None:
            journal.saw_in_flight(lane, entry.in_flight)
        try:
            asked.body = await request.body()
            await _Exchange(self._project, asked, entry, scope).serve(receive, send)
        except ClientDisconnect:
            pass
        finally:
            admission.leave(lane)
            entry.seconds = round(time.time() - entry.time, 6)


class _Exchange:
    """One request on its way to an answer."""

    def __init__(self, project: Project, asked: Asked, entry: Entry, scope: Scope) -> None:
        self._project = project
        self._asked = asked
        self._entry = entry
        self._scope = scope

    async def serve(self, receive: Receive, send: Send) -> None:
        """Answer the request as its fault, if one hits it, lets it."""
        asked = self._asked
        asked.number = self._entry.number
        marks = asked.marks()
        self._note_question(marks.event_name)
        fault = asked.fault = self._project.faults.hit(marks)
        if fault.cut == "before":
            await self._hang_up(receive, abort=True)
            return
        if await _wait(receive, fault.delay_effect or 0.0):
            return
        answer = self._answer(fault)
        self._note_export()
        latency = 0.0 if answer is TOO_MANY else self._project.settings.latency_ms / 1000
        if await _wait(receive, (fault.delay or 0.0) + latency):
            return
        if fault.cut == "after":
            await self._hang_up(receive, abort=True)
            return
        await self._send(answer, fault, receive, send)

    def _answer(self, fault: Action) -> Answer:
        if self._project.admission.turned_away(self._lane(), self._entry.in_flight):
            return TOO_MANY
        instead = _instead(fault)
        if instead is not None and not fault.effect:
            return instead
        answer = self._project.answer(self._asked)
        return answer if instead is None else instead

    def _lane(self) -> str | None:
        return lane_of(self._asked.path)

    def _note_question(self, name: str | None) -> None:
        entry, asked = self._entry, self._asked
        entry.event_name, entry.flags, entry.bytes = name, asked.flags(), len(asked.body)
        if asked.kind == "upload":
            asked.records = parsed(asked.body)
            entry.records = None if asked.records is None else len(asked.records)
        elif asked.kind in {"open", "count"}:
            question = asked.question() or {}
            entry.first_day, entry.last_day = question.get("from"), question.get("to")

    def _note_export(self) -> None:
        entry, export = self._entry, self._asked.export
        if export is not None and export.days:
            entry.event_name = export.name
            entry.first_day, entry.last_day = day_stamp(export.days[0]), day_stamp(export.days[-1])

    async def _send(self, answer: Answer, fault: Action, receive: Receive, send: Send) -> None:
        entry = self._entry
        entry.status, entry.code = answer.status, answer.code
        entry.answer_bytes = len(answer.body)
        body = answer.body if fault.clip is None else answer.body[: fault.clip]
        headers = dict(answer.headers)
        response = Response(body, answer.status, headers, answer.content_type)
        if fault.truncate is None:
            await response(self._scope, receive, send)
            return
        await send(
            {
                "type": "http.response.start",
                "status": answer.status,
                "headers": response.raw_headers,
            }
        )
        part = body[: fault.truncate]
        await send({"type": "http.response.body", "body": part, "more_body": True})
        await self._hang_up(receive, abort=False)

    async def _hang_up(self, receive: Receive, *, abort: bool) -> None:
        """Close the connection, and return once the server knows that it is gone."""
        self._scope["extensions"][HANG_UP](abort)
        while (await receive())["type"] != "http.disconnect":
            pass


def _instead(fault: Action) -> Answer | None:
    """Return the answer a fault gives in place of the API's."""
    if fault.html:
        return Answer(GATEWAY_PAGE, fault.status or 200, content_type="text/html")
    if fault.empty:
        return Answer(b"", fault.status or 200)
    if fault.status is None:
        return None
    body = fault.body if fault.body is not None else {"status": "fail", "error": "Scheduled fault"}
    written = body.encode() if isinstance(body, str) else msgspec.json.encode(body)
    return Answer(written, fault.status, headers=tuple((fault.headers or {}).items()))


async def _wait(receive: Receive, seconds: float) -> bool:
    """Wait, and tell whether the caller went away meanwhile."""
    if seconds <= 0:
        return False
    with suppress(asyncio.TimeoutError):
        await asyncio.wait_for(_gone(receive), seconds)
        return True
    return False


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
