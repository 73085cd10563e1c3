"""The bodies of webhooks: of broadcasts, personalised, custom, texts, and the test message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from clevertap_emulator.data.events import to_json
from clevertap_emulator.push.profiles import profile_of
from clevertap_emulator.push.settings import PushContent, Spelling

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clevertap_emulator.push.happenings import Happening

JSON, TEXT, LATIN = "application/json", "text/plain; charset=utf-8", "text/plain"
MARK = "message"
"""The key in `key_values` with the number of a message, which makes each body another one."""
TEST_PROFILES = 5
CAMPAIGNS = ("Spring sale", "Größen-Alarm ☕", "दिवाली", 'Say "hi"')


class PushBody(NamedTuple):
    """The body of a request."""

    content_type: str
    content: bytes
    profiles: int
    """How many it has as documented; a receiver cannot know those of a custom body."""


class PushDraft(NamedTuple):
    """What a body is made of."""

    number: int
    happenings: Sequence[Happening]
    """One at least."""
    spelling: Spelling

    @property
    def target_id(self) -> int:
        """The campaign's."""
        return 1_659_684_581 + self.number % 7

    @property
    def key_values(self) -> dict[str, Any]:
        """The campaign's, and the mark."""
        return {
            "campaign": CAMPAIGNS[self.number % len(CAMPAIGNS)],
            MARK: str(self.number),
        }


def body_of(content: PushContent, draft: PushDraft) -> PushBody:
    """Return a body of this content."""
    if content is PushContent.CUSTOM:
        return custom_body(draft)
    if content is PushContent.TEXT:
        return text_body(draft)
    if content is PushContent.TEST:
        return test_body(draft)
    return documented_body(draft, is_list=content is PushContent.LIST)


def documented_body(draft: PushDraft, *, is_list: bool) -> PushBody:
    """Return the standard body: all profiles in a list, or the first one as an object.

    The newest page has key values in each profile as well: of the personalised ones.
    """
    profiles = [profile_of(each, draft.spelling) for each in draft.happenings]
    if draft.spelling is Spelling.LOWER:
        profiles = [{"key_values": {"place": place}, **each} for place, each in enumerate(profiles)]
    found = profiles if is_list else profiles[0]
    message = {"targetId": draft.target_id, "key_values": draft.key_values, "profiles": found}
    return PushBody(JSON, to_json(message), len(profiles) if is_list else 1)


def test_body(draft: PushDraft) -> PushBody:
    """Return what CleverTap posts when a template is made [U:setup-webhooks]."""
    profile = {"Identity": "UserId", "Email": "user@example.com", "push_token": "Token"}
    message = {
        "is_test": True,
        "targetId": draft.target_id,
        "key_values": {"key": "value", MARK: str(draft.number)},
        "profiles": [profile] * TEST_PROFILES,
    }
    return PushBody(JSON, to_json(message), TEST_PROFILES)


def custom_body(draft: PushDraft) -> PushBody:
    """Return JSON of a form that a user of CleverTap wrote."""
    happening = draft.happenings[0]
    user = happening.user.profile
    order = {
        "user": {"id": user.get("identity") or user.get("objectId"), "mail": user.get("email")},
        "what": happening.name,
        "data": happening.props,
        "number": draft.number,
    }
    forms: tuple[Any, ...] = (order, [order], {"payload": order, "targetId": draft.target_id})
    return PushBody(JSON, to_json(forms[draft.number % len(forms)]), 0)


def text_body(draft: PushDraft) -> PushBody:
    """Return a text with the user's values in it."""
    happening = draft.happenings[0]
    name = happening.user.profile.get("name", "you")
    lines = f"Message {draft.number} for {name}:\n{happening.name} & more, 100 %\n"
    return PushBody(TEXT, lines.encode(), 0)
