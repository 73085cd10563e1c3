"""One emulated CleverTap project: its parts put together, and which answers which request."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from clevertap_emulator.admin.faults import Faults
from clevertap_emulator.admin.journal import Journal
from clevertap_emulator.admin.truth import Truth
from clevertap_emulator.api.auth import Admission
from clevertap_emulator.api.counts import Counts
from clevertap_emulator.api.cursors import Cursors
from clevertap_emulator.api.exports import Exports
from clevertap_emulator.api.pages import Pages
from clevertap_emulator.api.reading import Questions, Reading, one_profile
from clevertap_emulator.api.request import EXPORTS
from clevertap_emulator.api.responses import SOFT_200
from clevertap_emulator.api.schema import schema
from clevertap_emulator.api.uploads import Uploads
from clevertap_emulator.data.calendar import Calendar
from clevertap_emulator.data.catalogue import Names
from clevertap_emulator.data.history import History
from clevertap_emulator.data.people import People
from clevertap_emulator.data.profile_json import Blocks
from clevertap_emulator.data.store import Store
from clevertap_emulator.settings import Strangers

if TYPE_CHECKING:
    from clevertap_emulator.api.request import Asked
    from clevertap_emulator.api.responses import Answer
    from clevertap_emulator.settings import Settings


class Project:
    """An account with its users, events, open exports, faults and record of requests."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.calendar = Calendar(settings)
        self.names = Names(settings.discarded, settings.empty_events)
        self.people = People(settings, self.calendar)
        self.store = Store(self.names, History(settings, self.calendar, self.people))
        self.exports = Exports(settings, self.store)
        cursors = Cursors()
        blocks = Blocks(self.people)
        self.pages = Pages(settings, self.exports, cursors, self.people, blocks)
        questions = Questions(settings, self.calendar, self.names)
        self.reading = Reading(settings, questions, self.exports, cursors)
        self.counts = Counts(settings, questions, self.store)
        self.uploads = Uploads(settings, self.calendar, self.people, self.store)
        self.truth = Truth(settings, self.calendar, self.people, self.store)
        self.admission = Admission(settings)
        self.faults = Faults(settings.seed)
        self.journal = Journal()

    def reset(self) -> None:
        """Empty requests, faults, uploads and what uploads changed; cursors end."""
        self.names.forget_uploaded()
        self.people.forget_uploaded()
        self.store.forget_uploaded()
        self.exports.forget()
        self.pages.forget()
        self.uploads.forget()
        self.faults.clear()
        self.journal.clear()

    def answer(self, asked: Asked) -> Answer:
        """Answer an admitted request, or refuse a stranger's."""
        refusal = self.admission.refusal(asked.headers)
        if refusal is None:
            return self._answer(asked)
        silent = self.settings.unknown_credentials is Strangers.SILENCE
        if not silent or asked.kind == "upload":
            return refusal
        return self._answer(replace(asked, stranger=True))

    def _answer(self, asked: Asked) -> Answer:
        kind = asked.kind
        if kind in {"open", "page"}:
            return self._exported(asked)
        if kind == "upload":
            return self._uploaded(asked)
        if kind == "schema":
            return schema(self.settings, self.names, self.people, asked)
        if kind == "count":
            return self.counts.answer(asked)
        return one_profile(self.people, asked) if kind == "profile" else SOFT_200

    def _exported(self, asked: Asked) -> Answer:
        profiles = EXPORTS[asked.path] == "profiles"
        if asked.kind == "page":
            return self.reading.page(asked, self.pages, profiles=profiles)
        return self.reading.opened(asked, profiles=profiles)

    def _uploaded(self, asked: Asked) -> Answer:
        dry = asked.query.get("dryRun", "") in {"1", "true"}
        return self.uploads.answer(asked, dry=dry)
