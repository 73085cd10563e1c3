"""One emulated CleverTap project: its parts put together, and which answers which request."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from clevertap_emulator.admin.faults import FaultSchedule
from clevertap_emulator.admin.journal import Journal
from clevertap_emulator.admin.truth import Truth
from clevertap_emulator.api.auth import Admission
from clevertap_emulator.api.counts import CountEndpoint
from clevertap_emulator.api.cursors import Cursors
from clevertap_emulator.api.exports import EventQueryParser, ExportEndpoint, look_up_profile
from clevertap_emulator.api.open_exports import ExportStore
from clevertap_emulator.api.pages import PageRenderer
from clevertap_emulator.api.request import EXPORTS
from clevertap_emulator.api.responses import EMPTY_200
from clevertap_emulator.api.schema import schema
from clevertap_emulator.api.uploads import UploadEndpoint
from clevertap_emulator.data.calendar import Calendar
from clevertap_emulator.data.catalogue import EventNames
from clevertap_emulator.data.history import History
from clevertap_emulator.data.people import People
from clevertap_emulator.data.profile_json import ProfileJsonCache
from clevertap_emulator.data.store import EventStore
from clevertap_emulator.settings import UnknownCredentials

if TYPE_CHECKING:
    from clevertap_emulator.api.request import ApiRequest
    from clevertap_emulator.api.responses import ApiResponse
    from clevertap_emulator.settings import Settings


class Project:
    """An account with its users, events, open exports, faults and record of requests."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.calendar = Calendar(settings)
        self.names = EventNames(settings.discarded, settings.empty_events)
        self.people = People(settings, self.calendar)
        self.store = EventStore(self.names, History(settings, self.calendar, self.people))
        self.exports = ExportStore(settings, self.store)
        cursors = Cursors()
        profiles_json = ProfileJsonCache(self.people)
        self.pages = PageRenderer(settings, self.exports, cursors, self.people, profiles_json)
        queries = EventQueryParser(settings, self.calendar, self.names)
        self.reading = ExportEndpoint(settings, queries, self.exports, cursors)
        self.counts = CountEndpoint(settings, queries, self.store)
        self.uploads = UploadEndpoint(settings, self.calendar, self.people, self.store)
        self.truth = Truth(settings, self.calendar, self.people, self.store)
        self.admission = Admission(settings)
        self.faults = FaultSchedule(settings.seed)
        self.journal = Journal()

    def reset(self) -> None:
        """Empty requests, faults, uploads and what uploads changed; cursors end."""
        self.names.drop_uploaded()
        self.people.drop_uploaded()
        self.store.drop_uploaded()
        self.exports.reset()
        self.pages.reset()
        self.uploads.reset()
        self.faults.clear()
        self.journal.reset()

    def handle(self, request: ApiRequest) -> ApiResponse:
        """Answer an admitted request, or refuse a stranger's."""
        refusal = self.admission.refusal(request.headers)
        if refusal is None:
            return self._route(request)
        silent = self.settings.unknown_credentials is UnknownCredentials.SILENCE
        if not silent or request.kind == "upload":
            return refusal
        return self._route(replace(request, anonymous=True))

    def _route(self, request: ApiRequest) -> ApiResponse:
        kind = request.kind
        if kind in {"open", "page"}:
            return self._handle_export(request)
        if kind == "upload":
            return self._handle_upload(request)
        if kind == "schema":
            return schema(self.settings, self.names, self.people, request)
        if kind == "count":
            return self.counts.count(request)
        return look_up_profile(self.people, request) if kind == "profile" else EMPTY_200

    def _handle_export(self, request: ApiRequest) -> ApiResponse:
        profiles = EXPORTS[request.path] == "profiles"
        if request.kind == "page":
            return self.reading.page(request, self.pages, profiles=profiles)
        return self.reading.opened(request, profiles=profiles)

    def _handle_upload(self, request: ApiRequest) -> ApiResponse:
        dry = request.params.get("dryRun", "") in {"1", "true"}
        return self.uploads.accept(request, dry=dry)
