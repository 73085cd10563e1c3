"""Messages by their number: equal settings and number give equal bytes."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Raw

from clevertap_emulator.push.bodies import PushBody, PushDraft, body_of
from clevertap_emulator.push.envelopes import CONTENT_TYPE, Envelopes, event_detail
from clevertap_emulator.push.happenings import Happenings
from clevertap_emulator.push.odd_bodies import ODD_ONE_IN, odd_body
from clevertap_emulator.push.settings import PushContent, PushKind, Spelling

if TYPE_CHECKING:
    from clevertap_emulator.push.settings import PushSettings
    from clevertap_emulator.settings import Settings

OF_WEBHOOK = (
    *(PushContent.LIST,) * 4,
    *(PushContent.OBJECT,) * 3,
    PushContent.CUSTOM,
    PushContent.TEXT,
)
OF_BRIDGE = (*(PushContent.EVENT,) * 4, PushContent.LIST, PushContent.OBJECT, PushContent.CUSTOM)
SPELLINGS = (Spelling.CAMEL, Spelling.CAPITALISED, Spelling.LOWER)
NOT_OF_BRIDGE = {PushContent.TEXT, PushContent.TEST}


class PushMessage(NamedTuple):
    """A message, before it is sent."""

    number: int
    kind: PushKind
    content: str
    """A value of `PushContent`, or `odd`."""
    body: PushBody
    id: str | None = None
    """Of EventBridge."""


class PushMessages:
    """Makes messages.

    Raises:
        ValueError: Settings do not go together.
    """

    def __init__(self, history: Settings, settings: PushSettings) -> None:
        is_bridge = settings.kind is PushKind.EVENTBRIDGE
        if settings.content in (NOT_OF_BRIDGE if is_bridge else {PushContent.EVENT}):
            kind, content = settings.kind.value, settings.content.value
            message = f"--content: {content} does not go with --kind {kind}; use --content mixed"
            raise ValueError(message)
        self._history = history
        self._settings = settings
        self._happenings = Happenings(history)
        zone = self._happenings.world.calendar.zone
        self._envelopes = Envelopes(history.account_id, history.seed, zone)

    def message(self, number: int) -> PushMessage:
        """Return a message."""
        settings = self._settings
        rng = Random(f"{self._history.seed}/push/{settings.kind.value}/{number}")  # noqa: S311 - seeded on purpose
        content = self._content(rng, number)
        spelling = settings.spelling
        if spelling is Spelling.MIXED:
            spelling = rng.choice(SPELLINGS)
        count = rng.randint(1, settings.profiles) if content is PushContent.LIST else 1
        happenings = [self._happenings.draw(rng, number) for _ in range(count)]
        draft = PushDraft(number, happenings, spelling)
        return self._wrapped(content, draft)

    def _content(self, rng: Random, number: int) -> PushContent:
        if self._settings.content is not PushContent.MIXED:
            return self._settings.content
        is_bridge = self._settings.kind is PushKind.EVENTBRIDGE
        if number == 1 and not is_bridge:
            return PushContent.TEST
        return rng.choice(OF_BRIDGE if is_bridge else OF_WEBHOOK)

    def _wrapped(self, content: PushContent, draft: PushDraft) -> PushMessage:
        kind, number = self._settings.kind, draft.number
        if kind is PushKind.WEBHOOK:
            is_odd = self._history.odd_values and number % ODD_ONE_IN == 0
            body = odd_body(draft) if is_odd else body_of(content, draft)
            return PushMessage(number, kind, "odd" if is_odd else content.value, body)
        inner = None if content is PushContent.EVENT else body_of(content, draft)
        detail = event_detail(draft.happenings[0]) if inner is None else inner.content
        envelope = self._envelopes.envelope(number, draft.happenings[0], Raw(detail))
        body = PushBody(CONTENT_TYPE, envelope, 1 if inner is None else inner.profiles)
        return PushMessage(number, kind, content.value, body, self._envelopes.id_of(number))
