"""One emulated CleverTap project: it builds the parts and routes each request to one of them."""

from __future__ import annotations

from dataclasses import replace
from secrets import token_hex
from typing import TYPE_CHECKING

from clevertap_emulator.admin.faults import FaultSchedule
from clevertap_emulator.admin.journal import Journal
from clevertap_emulator.admin.row_changes import RowChanger
from clevertap_emulator.admin.schema_changes import SchemaChanger
from clevertap_emulator.admin.truth import Truth
from clevertap_emulator.api.auth import CredentialCheck, RequestLimits
from clevertap_emulator.api.counts import CountEndpoint
from clevertap_emulator.api.cursors import Cursors
from clevertap_emulator.api.exports import EventQueryParser, ExportEndpoint, look_up_profile
from clevertap_emulator.api.open_exports import ExportStore
from clevertap_emulator.api.pages import PageRenderer
from clevertap_emulator.api.reports import ReportEndpoints
from clevertap_emulator.api.request import EXPORTS, USER_CALLS
from clevertap_emulator.api.responses import EMPTY_200
from clevertap_emulator.api.schema import describe_schema
from clevertap_emulator.api.uploads import UploadEndpoint
from clevertap_emulator.api.user_calls import UserCallEndpoints
from clevertap_emulator.data.calendar import Calendar
from clevertap_emulator.data.catalogue import EventNames
from clevertap_emulator.data.content import Content
from clevertap_emulator.data.declarations import Declarations
from clevertap_emulator.data.extra_events import further_kinds
from clevertap_emulator.data.history import History
from clevertap_emulator.data.people import People
from clevertap_emulator.data.profile_json import ProfileJsonCache
from clevertap_emulator.data.store import EventStore
from clevertap_emulator.settings import UnknownCredentials

if TYPE_CHECKING:
    from clevertap_emulator.api.request import ApiRequest
    from clevertap_emulator.api.responses import ApiResponse
    from clevertap_emulator.drops.imports import Import
    from clevertap_emulator.settings import Settings


class Project:
    """An account with its users, events, open exports, faults and request log.

    Attributes:
        instance: Tells this process from one that was started later.
        resets: How many times it was reset.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.calendar = Calendar(settings)
        self.names = EventNames(settings.discarded, further_kinds(settings))
        self.people = People(settings, self.calendar)
        self.declarations = Declarations(self.names, self.people)
        history = History(settings, self.calendar, self.people)
        self.store = EventStore(self.names, history)
        self.rows = RowChanger(self.calendar, history, self.store)
        self.schema = SchemaChanger(self.names, self.store, self.declarations)
        self.exports = ExportStore(settings, self.store)
        cursors = Cursors()
        profiles_json = ProfileJsonCache(self.people)
        self.pages = PageRenderer(settings, self.exports, cursors, self.people, profiles_json)
        query_parser = EventQueryParser(settings, self.calendar, self.store, self.people)
        self.export_endpoint = ExportEndpoint(settings, query_parser, self.exports, cursors)
        self.counts = CountEndpoint(settings, self.calendar, query_parser, self.store)
        self.uploads = UploadEndpoint(
            settings, self.calendar, self.people, self.store, self.declarations
        )
        self.refusals = self.uploads.refusals
        self.calls = UserCallEndpoints(settings, self.people, self.refusals)
        self.reports = ReportEndpoints(settings, Content(settings, self.calendar))
        self.truth = Truth(settings, self.calendar, self.people, self.store)
        self.credentials = CredentialCheck(settings)
        self.limits = RequestLimits(settings)
        self.faults = FaultSchedule(settings.seed)
        self.journal = Journal()
        self.imports: list[Import] = []
        self.instance = token_hex(8)
        self.resets = 0

    def reset(self) -> None:
        """Forget requests, faults, uploads and what uploads changed; invalidate all cursors."""
        self.names.drop_changes()
        self.declarations.reset()
        self.people.drop_uploaded()
        self.store.drop_uploaded()
        self.exports.reset()
        self.pages.reset()
        self.uploads.reset()
        self.calls.reset()
        self.faults.clear()
        self.journal.reset()
        self.imports.clear()
        self.refusals.reset()
        self.resets += 1

    def handle(self, request: ApiRequest) -> ApiResponse:
        """Return the API's response; unknown credentials get a 401, or no data and no error."""
        unauthorized = self.credentials.check(request.headers)
        if unauthorized is None:
            return self._route(request)
        silent = self.settings.unknown_credentials is UnknownCredentials.SILENT
        if not silent or request.kind == "upload" or request.path in USER_CALLS:
            return unauthorized
        return self._route(replace(request, anonymous=True))

    def _route(self, request: ApiRequest) -> ApiResponse:
        if request.kind in {"open", "page"}:
            return self._handle_export(request)
        if request.kind == "upload":
            return self._handle_upload(request)
        if request.path in USER_CALLS:
            return self.calls.handle(request)
        return self._answer_question(request)

    def _answer_question(self, request: ApiRequest) -> ApiResponse:
        kind = request.kind
        if kind == "schema":
            return describe_schema(self.settings, self.declarations, request)
        if kind in {"count", "poll"}:
            return self.counts.count(request)
        if kind == "report":
            return self.reports.handle(request)
        return look_up_profile(self.people, request) if kind == "profile" else EMPTY_200

    def _handle_export(self, request: ApiRequest) -> ApiResponse:
        profiles = EXPORTS[request.path] == "profiles"
        if request.kind == "page":
            return self.export_endpoint.read_page(request, self.pages, profiles=profiles)
        return self.export_endpoint.open_export(request, profiles=profiles)

    def _handle_upload(self, request: ApiRequest) -> ApiResponse:
        dry = request.params.get("dryRun", "") in {"1", "true"}
        return self.uploads.accept(request, dry=dry)
