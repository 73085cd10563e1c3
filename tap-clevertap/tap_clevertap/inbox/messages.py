"""Records of a pushed message: one for each of its profiles, or one with the body alone.

- Names are read without regard to case and `_`: CleverTap's pages spell them in three ways
  [U: setup-webhooks; OLD]. Of several members for one field, the first that has a value counts.
- `profile` is the profile as it was sent, with all of its members.
- `raw` is the body, on the first record of a message, where the other fields do not hold all of it.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from tap_clevertap.inbox.bodies import SentObject, decode_value, object_of, text_of
from tap_clevertap.records.exact_json import encode_json
from tap_clevertap.records.keys import message_key
from tap_clevertap.records.lists import as_whole
from tap_clevertap.records.values import as_object, as_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tap_clevertap.inbox.store import InboxMessage
    from tap_clevertap.records.rows import Record

EVENTBRIDGE = "eventbridge"
"""The source of messages in an envelope of EventBridge."""
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
DETAIL, PROFILE, PROFILES = "detail", "profile", "profiles"
TARGET_ID, KEY_VALUES, IS_TEST = "targetid", "keyvalues", "istest"
OF_WEBHOOK = frozenset((TARGET_ID, KEY_VALUES, IS_TEST))
"""Members of a webhook's body that have a field, besides the profiles."""
IDENTITY, OBJECT_ID = "identity", "objectid"
PROPERTIES = ("eventproperties", "eventprops")
SMALLEST_ID, LARGEST_ID = -(2**63), 2**63 - 1
"""Databases have 64 bits for them."""
NULL = msgspec.Raw(b"null")
NOTHING: Record = {
    "is_test": False,
    "target_id": None,
    "key_values": None,
    "identity": None,
    "object_id": None,
    "profile": None,
    "event_props": None,
}
"""The fields of a message of which nothing can be read."""

_decode_list = msgspec.json.Decoder(list[msgspec.Raw]).decode


class ReadMessage(NamedTuple):
    """What is in a message."""

    records: Iterator[Record]
    is_test: bool
    is_parsed: bool
    """Whether it is a JSON object; if not, it has one record, with `raw` alone."""


def read_message(message: InboxMessage) -> ReadMessage:
    """Return the records of a message, which are made as they are asked for; raise nothing."""
    sent = object_of(message.body)
    if message.source == EVENTBRIDGE:
        return _read_envelope(message, sent)
    if sent is None:
        return _unparsed(message)
    body = WebhookBody(sent)
    records = _records(message, body.users(), has_raw=not body.is_held())
    return ReadMessage(records, body.is_test, is_parsed=True)


def _read_envelope(message: InboxMessage, sent: SentObject | None) -> ReadMessage:
    detail = _detail_of(sent) if sent else None
    if detail is None:
        return _unparsed(message)
    body = WebhookBody(detail)
    users = body.users() if body.has_profiles else [body.about | _user_of_event(detail)]
    return ReadMessage(_records(message, users, has_raw=True), body.is_test, is_parsed=True)


def _unparsed(message: InboxMessage) -> ReadMessage:
    return ReadMessage(_records(message, [NOTHING], has_raw=True), is_test=False, is_parsed=False)


def _records(message: InboxMessage, users: Iterable[Record], *, has_raw: bool) -> Iterator[Record]:
    received_at = EPOCH + timedelta(milliseconds=message.received_at)
    about = {
        "received_at": received_at.isoformat(timespec="milliseconds"),
        "source": message.source,
    }
    for index, fields in enumerate(users):
        yield {
            "message_key": message_key(message.digest, message.ordinal, index),
            **about,
            **fields,
            "raw": text_of(message.body) if has_raw and not index else None,
        }


class WebhookBody:
    """A body as webhooks have it: `profiles` is a list or an object [U: create-message-webhook].

    Args:
        sent: The object; it may have no profiles, and any other members.
    """

    def __init__(self, sent: SentObject) -> None:
        self._profiles: list[msgspec.Raw] = []
        others: Record = {}
        for name, content in sent.members.items():
            if folded(name) != PROFILES:
                others[name] = decode_value(content)
            elif not self._profiles:
                self._profiles = _entries(content)
        self._take(others)
        self._is_held &= sent.is_exact and len(sent.members) == len(others) + self.has_profiles

    def _take(self, others: Record) -> None:
        """Take the members that are not profiles."""
        given = _by_field(others)
        target_id, test = given.get(TARGET_ID), given.get(IS_TEST)
        self.is_test = str(test).strip().lower() == "true"
        self._target_id = _id_of(target_id)
        self._key_values = as_object(given.get(KEY_VALUES))
        self.about = NOTHING | {
            "is_test": self.is_test,
            "target_id": self._target_id,
            "key_values": self._key_values,
        }
        """The fields that the message has for all of its users."""
        self._is_held = (
            OF_WEBHOOK.issuperset(given)
            and len(given) == len(others)
            and type(target_id) is type(self._target_id)
            and isinstance(test, bool | None)
            and self._key_values is given.get(KEY_VALUES)
        )

    @property
    def has_profiles(self) -> bool:
        """Whether there is one at least."""
        return bool(self._profiles)

    def is_held(self) -> bool:
        """Return whether the fields of the records hold all of the body."""
        return self.has_profiles and self._is_held and not any(map(self._loses, self._profiles))

    def _loses(self, content: msgspec.Raw) -> bool:
        """Return whether the record of a profile hides a part of the profile or the message."""
        sent = decode_value(content)
        if not isinstance(sent, dict):
            return True
        common, own = self._key_values or {}, as_object(_by_field(sent).get(KEY_VALUES)) or {}
        both = common.keys() & own.keys()
        return any(encode_json(own[name]) != encode_json(common[name]) for name in both)

    def users(self) -> Iterator[Record]:
        """Yield the fields of each profile, or those of the message alone."""
        for content in self._profiles or [NULL]:
            sent = decode_value(content)
            members = _by_field(sent) if isinstance(sent, dict) else {}
            own = as_object(members.get(KEY_VALUES))
            fields = _user_fields(members) | {"profile": as_object(sent)}
            if own:
                fields["key_values"] = {**(self._key_values or {}), **own}
            yield self.about | fields


def _user_of_event(detail: SentObject) -> Record:
    """Return the fields of an event, which may have its user's ids next to its profile."""
    members = _by_field({name: decode_value(each) for name, each in detail.members.items()})
    profile = as_object(members.get(PROFILE))
    own = {name: value for name, value in _by_field(profile or {}).items() if value is not None}
    return _user_fields(members | own) | {"profile": profile}


def _detail_of(envelope: SentObject) -> SentObject | None:
    """Return the detail, which may be text; the whole if there is none, as a rule may send that."""
    if DETAIL not in envelope.members:
        return envelope
    content = bytes(envelope.members[DETAIL])
    value = decode_value(content)
    return object_of(value.encode() if isinstance(value, str) else content)


def _id_of(sent: Any) -> int | None:  # noqa: ANN401 - any JSON value
    found = as_whole(sent)
    return found if found is not None and SMALLEST_ID <= found <= LARGEST_ID else None


def _entries(content: msgspec.Raw) -> list[msgspec.Raw]:
    """Return the profiles of a message: those of a list, or a single object."""
    start = bytes(content).lstrip()[:1]
    if start == b"[":
        return _decode_list(content)
    return [content] if start == b"{" else []


def _user_fields(members: Mapping[str, Any]) -> Record:
    given = [members[name] for name in PROPERTIES if members.get(name) is not None]
    return {
        "identity": as_text(members.get(IDENTITY)),
        "object_id": as_text(members.get(OBJECT_ID)),
        "event_props": as_object(given[0]) if given else None,
    }


def _by_field(members: Mapping[str, Any]) -> Record:
    """Return members by their folded names, those with a value before others."""
    found: Record = {}
    for name, value in members.items():
        if found.get(folded(name)) is None:
            found[folded(name)] = value
    return found


def folded(name: str) -> str:
    """Return a name without case and `_`."""
    return name.lower().replace("_", "")
