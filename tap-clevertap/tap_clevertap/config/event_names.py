"""The events to read: from the settings, a file, or CleverTap's schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from tap_clevertap._plugin.shown import shown
from tap_clevertap._plugin.suggestions import nearest
from tap_clevertap.config.events_file import file_names
from tap_clevertap.config.schema import DEFAULT_PROFILE_EVENTS
from tap_clevertap.errors import CleverTapError, SettingError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from tap_clevertap.config.settings import TapSettings

MOST_NAMES_SHOWN = 5
EVERY_EVENT = "*"

NOT_EXPORTED = (
    "CleverTap does not export it through its API; find it in the exports to S3, GCS or Azure "
    "(Settings, Partners, Exports)"
)
"""Mostly notification events. [ING; HV2]"""
DISCARDED = "discarded"
"""The status of an event that CleverTap takes no more; it keeps its history. [ING; U:schema]"""


class NothingLeftError(SettingError):
    """`excluded_events` removes all events."""


class _SchemaBody(msgspec.Struct):
    events: list[Any] | None = None


class SchemaEvents(NamedTuple):
    """The events of a project's schema."""

    names: list[str]
    """With those that are discarded."""
    discarded: frozenset[str]


def schema_events(content: bytes) -> SchemaEvents:
    """Return the events in a getSchema response.

    Raises:
        CleverTapError: If there is no list of events.
    """
    try:
        events = msgspec.json.decode(content, type=_SchemaBody).events or []
    except (msgspec.DecodeError, ValueError):
        message = "getSchema: the response has no list of events; check api_url"
        raise CleverTapError(message) from None
    described = [event if isinstance(event, dict) else {"name": event} for event in events]
    status = {str(each["name"]): each.get("status") for each in described if each.get("name")}
    discarded = (name for name, each in status.items() if str(each).casefold() == DISCARDED)
    return SchemaEvents(list(status), frozenset(discarded))


def check_known(configured: Iterable[str], known: list[str], *, setting: str) -> None:
    """Refuse names that the project's schema does not have.

    Raises:
        SettingError: With the names, and the nearest known ones.
    """
    if not known:
        message = (
            "getSchema: the project has no event; check account_id and region, as a wrong region "
            "may answer without data"
        )
        raise SettingError(message)
    missing = [name for name in configured if name not in set(known)]
    if missing:
        raise unknown_names(setting, missing, known)


def unknown_names(setting: str, names: list[str], known: Collection[str] = ()) -> SettingError:
    """Return the error of names that CleverTap does not know."""
    some = names[:MOST_NAMES_SHOWN]
    meant = [f"{shown(each)}: {near}" for each in some if (near := nearest(each, known))]
    advice = "; ".join(meant) or "write names exactly, as the dashboard's Schema page has them"
    message = f"{setting}: CleverTap does not know {list_names(names)}; {advice}"
    return SettingError(message)


def list_names(names: list[str]) -> str:
    """Return the first names as text, and the number of the others."""
    some = ", ".join(map(shown, names[:MOST_NAMES_SHOWN]))
    return some + (f" and {more} more" if (more := len(names) - MOST_NAMES_SHOWN) > 0 else "")


class EventList(NamedTuple):
    """Names of events to read, and the setting that lists them; None if they are discovered."""

    names: tuple[str, ...]
    setting: str | None


NO_EVENTS = EventList((), None)


def events_to_read(
    settings: TapSettings, known: list[str] | None, read_before: Collection[str] = ()
) -> EventList:
    """Return the events of the events stream.

    Args:
        settings: The settings of the run.
        known: The names in the project's schema; None if getSchema fails.
        read_before: Names that the schema had once: their exports decide.

    Raises:
        SettingError: If a configured name is not known.
        NothingLeftError: If no name is left.
    """
    setting, names = "events", list(settings.events)
    if not names and settings.events_file:
        setting, names = "events_file", file_names(settings.events_file)
    configured = bool(names)
    chosen = _checked(names, known, setting, read_before) if configured else _discovered(known)
    left = tuple(name for name in chosen if name not in settings.excluded_events)
    if not left:
        message = "excluded_events: it removes all events, so none is left to read; shorten it"
        raise NothingLeftError(message)
    return EventList(left, setting if configured else None)


def profile_events_to_read(
    settings: TapSettings, known: list[str] | None, read_before: Collection[str] = ()
) -> EventList:
    """Return the events of the profiles stream; see `events_to_read`."""
    names = settings.profile_events
    if EVERY_EVENT in names:
        every = (name for name in _discovered(known) if name not in settings.excluded_events)
        return EventList(tuple(every), None)
    if names == tuple(DEFAULT_PROFILE_EVENTS):
        # The default: a project without this event has no profiles to read.
        present = [name for name in names if known is None or name in _discovered(known)]
        return EventList(tuple(present), None)
    checked = _checked(list(names), known, "profile_events", read_before)
    return EventList(tuple(checked), "profile_events")


def needs_discovery(settings: TapSettings, selected: Collection[str]) -> bool:
    """Return whether the names of a selected stream can only come from the project's schema."""
    reads_events = "events" in selected or "event_counts" in selected
    of_events = reads_events and not (settings.events or settings.events_file)
    return of_events or ("profiles" in selected and EVERY_EVENT in settings.profile_events)


def _discovered(known: list[str] | None) -> list[str]:
    known = known or []
    check_known((), known, setting="events")
    return known


def _checked(
    names: list[str], known: list[str] | None, setting: str, read_before: Collection[str]
) -> list[str]:
    if known is not None:
        unread = (name for name in names if name not in read_before)
        check_known(unread, known, setting=setting)
    return names
