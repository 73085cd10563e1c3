"""The emulator's own paths under `/_emulator/`: truth, uploads, rows, faults and more."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import msgspec
from starlette.responses import Response
from starlette.routing import Route

from clevertap_emulator.admin.faults import FaultError
from clevertap_emulator.admin.row_changes import RowChangeError
from clevertap_emulator.admin.schema_changes import SchemaChangeError
from clevertap_emulator.admin.schema_csv import TITLES, schema_csv
from clevertap_emulator.admin.truth import TruthFilter
from clevertap_emulator.api.parsing import parse_whole
from clevertap_emulator.api.responses import JSON
from clevertap_emulator.data.calendar import parse_day
from clevertap_emulator.shown import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from clevertap_emulator.project import Project


_Value = TypeVar("_Value")


def _json(content: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(content), status, media_type=JSON)


class FilterError(ValueError):
    """A filter in the URL is not valid."""


def invalid_filter(_request: Request, error: Exception) -> Response:
    """Return the response to a `FilterError`."""
    return _json({"status": "fail", "error": str(error)}, 400)


def _parsed(request: Request, name: str, parse: Callable[[str], _Value | None]) -> _Value | None:
    """Return a filter's value; None if it is not given.

    Raises:
        FilterError: It cannot be parsed.
    """
    text = request.query_params.get(name)
    value = None if text is None else parse(text)
    if text is not None and value is None:
        message = f"{name}: {shown(text)} is not valid; see the README for its values"
        raise FilterError(message)
    return value


def _since(request: Request) -> int:
    return _parsed(request, "since", parse_whole) or 0


class AdminRoutes:
    """The paths under `/_emulator/`, which need no credentials."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def routes(self) -> Sequence[BaseRoute]:
        """Return the routes, to be mounted under `/_emulator`."""
        return [
            Route("/health", self.health),
            Route("/truth", self.truth),
            Route("/uploads", self.uploads),
            Route("/calls", self.calls),
            Route("/drops", self.drops),
            Route("/requests", self.requests),
            Route("/faults", self.faults, methods=["GET", "POST", "DELETE"]),
            Route("/rows", self.rows, methods=["POST"]),
            Route("/schema", self.schema, methods=["POST"]),
            Route("/schema.csv", self.schema_csv),
            Route("/reset", self.reset, methods=["POST"]),
        ]

    async def health(self, _request: Request) -> Response:
        """Return the state of the emulator and the settings that readers need."""
        settings = self._project.settings
        return _json(
            {
                "status": "ok",
                "account_id": settings.account_id,
                "timezone": settings.timezone,
                "today": self._project.calendar.today.isoformat(),
                "first_day": self._project.calendar.first_day.isoformat(),
                "contract": settings.contract.value,
                "seed": settings.seed,
            }
        )

    async def truth(self, request: Request) -> Response:
        """Return what a complete export contains."""
        params = request.query_params
        selected = TruthFilter(
            names=params.getlist("event_name"),
            first=_parsed(request, "from", parse_day),
            last=_parsed(request, "to", parse_day),
            kind=params.get("kind"),
        )
        return Response(self._project.truth.as_json(selected), media_type=JSON)

    async def uploads(self, request: Request) -> Response:
        """Return the stored records, in order of arrival."""
        stored = self._project.uploads.stored
        kind = request.query_params.get("kind")
        since = _since(request)
        limit = _parsed(request, "limit", parse_whole)
        content: dict[str, object] = {
            name: [entry for entry in entries if entry.request > since][:limit]
            for name, entries in stored.items()
            if kind is None or name == kind
        }
        content["counts"] = {name: len(entries) for name, entries in stored.items()}
        content["counted"] = self._project.uploads.counted
        return _json(content)

    async def calls(self, request: Request) -> Response:
        """Return the stored calls about users, in order of arrival, and what they came to."""
        calls, since = self._project.calls, _since(request)
        content: dict[str, object] = {
            name: [entry for entry in entries if entry.request > since]
            for name, entries in calls.stored.items()
        }
        content["subscribed"] = calls.subscriptions()
        content["tokens"] = self._project.uploads.tokens()
        return _json(content)

    async def drops(self, _request: Request) -> Response:
        """Return the imports of dropped files, in order, and what became of each."""
        return _json({"imports": self._project.imports})

    async def requests(self, request: Request) -> Response:
        """Return the recorded API requests."""
        journal = self._project.journal
        return _json(
            {
                "requests": journal.since(_since(request)),
                "max_in_flight": journal.max_in_flight,
                "counts": dict(journal.kinds),
            }
        )

    async def faults(self, request: Request) -> Response:
        """List, replace or clear the scheduled faults."""
        faults = self._project.faults
        if request.method == "DELETE":
            faults.clear()
        elif request.method == "POST":
            try:
                faults.schedule(await request.body())
            except FaultError as error:
                return _json({"status": "fail", "error": str(error)}, 400)
        return _json({"faults": faults.described()})

    async def rows(self, request: Request) -> Response:
        """Add rows to a day, or hide or repeat some of it in exports."""
        try:
            return _json(self._project.rows.change(await request.body()))
        except RowChangeError as error:
            return _json({"status": "fail", "error": str(error)}, 400)

    async def schema(self, request: Request) -> Response:
        """Change what getSchema declares."""
        try:
            self._project.schema.change(await request.body())
        except SchemaChangeError as error:
            return _json({"status": "fail", "error": str(error)}, 400)
        return _json({"status": "ok"})

    async def schema_csv(self, request: Request) -> Response:
        """Return the CSV of the dashboard's Schema page."""
        titles = _parsed(request, "titles", lambda text: text if text in TITLES else None)
        properties = _parsed(request, "properties", {"on": True, "off": False}.get)
        content = schema_csv(
            self._project.declarations.events(),
            titles=titles or "usual",
            properties=properties is not False,
        )
        return Response(content, media_type="text/csv; charset=utf-8")

    async def reset(self, _request: Request) -> Response:
        """Forget requests, faults, uploads and what uploads changed."""
        self._project.reset()
        return _json({"status": "ok"})
