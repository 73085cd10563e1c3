"""The events in one message of EventBridge, which has an event, or what a webhook gets."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tap_clevertap._plugin.shown import shown
from tap_clevertap.files.formats.json_rows import read_value
from tap_clevertap.records.errors import BadRowError
from tap_clevertap.records.values import as_list, as_text

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from tap_clevertap.records.rows import Record

PROFILES = "profiles"
OF_USER = {
    "objectid": "objectId",
    "identity": "identity",
    "all_identities": "all_identities",
    "name": "name",
    "email": "email",
    "phone": "phone",
    "profiledata": "profileData",
    "push_token": "push_token",
    "systemprofiledata": "systemProfileData",
}
"""Names of webhooks, which spell them in three ways, and those of events. [U: setup-webhooks; OLD]
"""
KEY_VALUES, EVENT_PROPERTIES, SESSION = "key_values", "event_properties", "session_props"


def events_of_message(message: Record, zone: ZoneInfo) -> list[Record]:
    """Return the events of a message as lines of JSON files have them.

    - A message for webhooks has one for each of its profiles, which has the type of the message as
      its name, and the time of the message. What the message has besides users becomes its
      properties: `targetId`, `key_values`, `event_properties`.

    Args:
        message: With `detail`; all of its other members may be absent for an event.
        zone: The project's.

    Raises:
        BadRowError: If there is neither.
    """
    detail = message.get("detail")
    if isinstance(detail, str):
        detail = read_value(detail.encode(errors="replace"))
    if not isinstance(detail, dict):
        reason = f"has no {shown('detail')} that is an object"
        raise BadRowError(reason)
    names = {name.lower() for name in detail}
    if "ts" in names or PROFILES not in names:
        return [detail]
    body = _lower(detail)
    profiles = as_list(body.pop(PROFILES)) or []
    if not all(isinstance(profile, dict) for profile in profiles):
        reason = f"has {shown(PROFILES)} that are not objects"
        raise BadRowError(reason)
    about = {"ts": _stamp(message.get("time"), zone), "eventName": message.get("detail-type")}
    return [about | _event(_lower(profile), detail) for profile in profiles]


def _lower(sent: Record) -> Record:
    found = {name.lower(): value for name, value in sent.items()}
    if len(found) != len(sent):
        names = Counter(map(str.lower, sent))
        reason = f"has more than one {shown(names.most_common(1)[0][0])}, in different letters"
        raise BadRowError(reason)
    return found


def _event(profile: Record, detail: Record) -> Record:
    props = {name: value for name, value in detail.items() if name.lower() != PROFILES}
    for name in (KEY_VALUES, EVENT_PROPERTIES):
        own = profile.pop(name, None)
        if isinstance(own, dict) and isinstance(props.get(name), dict):
            props[name] = {**props[name], **own}
        elif own is not None:
            props[name] = own
    session = profile.pop(SESSION, None)
    user = {OF_USER.get(name, name): value for name, value in profile.items()}
    return {"profile": user, "eventProps": props, "sessionProps": session}


def _stamp(time: Any, zone: ZoneInfo) -> str:  # noqa: ANN401 - any JSON value
    """Return a time of EventBridge, which is in UTC, as the project's wall clock."""
    try:
        moment = datetime.strptime(as_text(time) or "", "%Y-%m-%dT%H:%M:%S%z")
        return moment.astimezone(zone).strftime("%Y%m%d%H%M%S")
    except (ValueError, OverflowError):
        reason = f"has no {shown('time')} in UTC"
        raise BadRowError(reason) from None
