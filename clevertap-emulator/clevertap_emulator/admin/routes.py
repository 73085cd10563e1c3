"""The emulator's own paths under `/_emulator/`: truth, uploads, rows, faults and more."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from starlette.responses import Response
from starlette.routing import Route

from clevertap_emulator.admin.faults import FaultError, RequestKind
from clevertap_emulator.admin.filters import failed, json_response, parsed
from clevertap_emulator.admin.journal import RequestSelection
from clevertap_emulator.admin.row_changes import RowChangeError
from clevertap_emulator.admin.schema_changes import SchemaChangeError
from clevertap_emulator.admin.schema_csv import TITLES, schema_csv
from clevertap_emulator.admin.truth import TruthFilter
from clevertap_emulator.api.parsing import parse_whole
from clevertap_emulator.api.responses import JSON
from clevertap_emulator.data.calendar import parse_day

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from clevertap_emulator.project import Project


TRUTH_KINDS = ("events", "profiles", "none")
LOGGED_KINDS = (*get_args(RequestKind), "drop")


def _since(request: Request) -> int:
    return parsed(request, "since", parse_whole) or 0


def _kind(request: Request, known: Iterable[str]) -> str | None:
    """Return the filter `kind`; a misspelled one would select nothing without a word."""
    return parsed(request, "kind", {each: each for each in known}.get)


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
        return json_response(
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
            first=parsed(request, "from", parse_day),
            last=parsed(request, "to", parse_day),
            kind=_kind(request, TRUTH_KINDS),
        )
        return Response(self._project.truth.as_json(selected), media_type=JSON)

    async def uploads(self, request: Request) -> Response:
        """Return the stored records, in order of arrival."""
        stored = self._project.uploads.stored
        kind = _kind(request, stored)
        since = _since(request)
        limit = parsed(request, "limit", parse_whole)
        content: dict[str, object] = {
            name: [entry for entry in entries if entry.request > since][:limit]
            for name, entries in stored.items()
            if kind is None or name == kind
        }
        content["counts"] = {name: len(entries) for name, entries in stored.items()}
        content["counted"] = self._project.uploads.counted
        return json_response(content)

    async def calls(self, request: Request) -> Response:
        """Return the stored calls about users, in order of arrival, and what they came to."""
        calls, since = self._project.calls, _since(request)
        content: dict[str, object] = {
            name: [entry for entry in entries if entry.request > since]
            for name, entries in calls.stored.items()
        }
        content["subscribed"] = calls.subscriptions()
        content["tokens"] = self._project.uploads.tokens()
        return json_response(content)

    async def drops(self, request: Request) -> Response:
        """Return the imports of dropped files, in order, and what became of each."""
        limit = parsed(request, "limit", parse_whole)
        imports = self._project.imports
        return json_response(
            {"imports": imports if limit is None else imports[max(0, len(imports) - limit) :]}
        )

    async def requests(self, request: Request) -> Response:
        """Return the recorded API requests."""
        journal = self._project.journal
        selection = RequestSelection(
            since=_since(request),
            before=parsed(request, "before", parse_whole),
            limit=parsed(request, "limit", parse_whole),
            kind=_kind(request, LOGGED_KINDS),
            failed_only=parsed(request, "failed", {"on": True, "off": False}.get) is True,
        )
        return json_response(
            {
                "requests": journal.select(selection),
                "settled_to": journal.settled_to,
                "max_in_flight": journal.max_in_flight,
                "counts": dict(journal.kinds),
            }
        )

    async def faults(self, request: Request) -> Response:
        """List, replace, add to or clear the scheduled faults."""
        faults = self._project.faults
        if request.method == "DELETE":
            number = parsed(request, "id", parse_whole)
            faults.clear() if number is None else faults.remove(number)
        elif request.method == "POST":
            keep = parsed(request, "keep", {"on": True, "off": False}.get) is True
            try:
                faults.schedule(await request.body(), keep=keep)
            except FaultError as error:
                return failed(error)
        return json_response({"faults": faults.described()})

    async def rows(self, request: Request) -> Response:
        """Add rows to a day, or hide or repeat some of it in exports."""
        try:
            return json_response(self._project.rows.change(await request.body()))
        except RowChangeError as error:
            return failed(error)

    async def schema(self, request: Request) -> Response:
        """Change what getSchema declares."""
        try:
            self._project.schema.change(await request.body())
        except SchemaChangeError as error:
            return failed(error)
        return json_response({"status": "ok"})

    async def schema_csv(self, request: Request) -> Response:
        """Return the CSV of the dashboard's Schema page."""
        titles = parsed(request, "titles", lambda text: text if text in TITLES else None)
        properties = parsed(request, "properties", {"on": True, "off": False}.get)
        content = schema_csv(
            self._project.declarations.events(),
            titles=titles or "usual",
            properties=properties is not False,
        )
        return Response(content, media_type="text/csv; charset=utf-8")

    async def reset(self, _request: Request) -> Response:
        """Forget requests, faults, uploads and what uploads changed."""
        self._project.reset()
        return json_response({"status": "ok"})
