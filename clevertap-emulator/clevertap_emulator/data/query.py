"""The CleverTap Query Language: what an export or a count is restricted to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from clevertap_emulator.data.calendar import parse_day
from clevertap_emulator.data.catalogue import folded
from clevertap_emulator.data.conditions import COMPARISONS, SPELLINGS, Condition, number_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

BASE = frozenset(["event_name", "from", "to", "unique", "groups", "sum_event_prop"])
FILTERS = frozenset(
    ["event_properties", "props", "session_properties", "common_profile_properties"]
)
PROFILE_GROUPS = frozenset(
    ["app_fields", "profile_fields", "demographics", "technographics", "reachability"]
)
CLOSED_GROUPS = {
    "app_fields": frozenset(["make", "model", "appversion", "osversion"]),
    "technographics": frozenset(["device", "platform", "os", "osversion", "browser"]),
    "reachability": frozenset(["has_token", "has_email", "has_phone"]),
}
"""The names of these groups, folded; other groups have any name."""
USER_KEYS = frozenset(["identity", "objectid"])
"""Users are not found by their keys [SUR]."""
PLACE_PARTS = 3  # country, region, city [SNIP]
CIRCLE_PARTS = 3  # latitude, longitude, kilometres [SNIP]
FARTHEST = 1_000_000
"""No degrees or kilometres on Earth are more."""


class FilterError(ValueError):
    """A query that the API does not understand; its text is the API's."""


class FilterDatesError(FilterError):
    """A range of days in a query is not valid."""


@dataclass(frozen=True)
class ProfileCondition:
    """A condition on the user, in one of `PROFILE_GROUPS`."""

    group: str
    condition: Condition


@dataclass(frozen=True)
class PastEvent:
    """Events of one name and of some days, both ends included, with conditions."""

    name: str
    first: date
    last: date
    event: tuple[Condition, ...]
    session: tuple[Condition, ...]


@dataclass(frozen=True)
class PastEvents:
    """A condition on how often a user did something; `none` turns it round."""

    events: tuple[PastEvent, ...]
    count: Condition
    none: bool = False


@dataclass(frozen=True)
class FilterQuery:
    """All conditions of a query; an event satisfies each of them."""

    event: tuple[Condition, ...] = ()
    session: tuple[Condition, ...] = ()
    profile: tuple[ProfileCondition, ...] = ()
    places: tuple[tuple[str, ...], ...] = ()
    circles: tuple[tuple[float, float, float], ...] = ()
    past: tuple[PastEvents, ...] = ()

    @property
    def asks_of_users(self) -> bool:
        """Whether the profile of a user decides."""
        return bool(self.profile or self.places or self.circles)

    def event_names(self) -> list[str]:
        """Return the names of the past events."""
        return [event.name for past in self.past for event in past.events]


def parse_query(content: dict[str, Any], today: date) -> FilterQuery:
    """Parse the query of a request, whose event name and days were checked.

    Raises:
        FilterError: The API does not understand it.
    """
    _only(content, BASE | FILTERS | {"advanced_query"})
    groups = _object(content, "common_profile_properties")
    _only(groups, PROFILE_GROUPS | {"geo_fields", "geo_radius"})
    return FilterQuery(
        event=(*_conditions(content, "event_properties"), *_conditions(content, "props")),
        session=_conditions(content, "session_properties"),
        profile=tuple(
            ProfileCondition(group, _checked(group, condition))
            for group in sorted(PROFILE_GROUPS)
            for condition in _conditions(groups, group)
        ),
        places=tuple(_place(each) for each in _list(groups, "geo_fields")),
        circles=tuple(_circle(each) for each in _list(groups, "geo_radius")),
        past=tuple(_past(_object(content, "advanced_query"), today)),
    )


def _past(content: dict[str, Any], today: date) -> Iterator[PastEvents]:
    _only(content, {"did_all", "did_any", "did_none"})
    for entry in _list(content, "did_all"):
        yield PastEvents((_past_event(entry, today),), _count(entry))
    for entry in _list(content, "did_none"):
        yield PastEvents((_past_event(entry, today),), _count(entry), none=True)
    if "did_any" in content:
        group = _object(content, "did_any")
        _only(group, {"any_events", "operator", "value"})
        events = tuple(_past_event(entry, today) for entry in _list(group, "any_events"))
        yield PastEvents(events, _count(group))


def _past_event(entry: object, today: date) -> PastEvent:
    if not isinstance(entry, dict):
        _refuse("event", entry)
    _only(entry, {"event_name", "from", "to", "operator", "value"} | FILTERS)
    if _object(entry, "common_profile_properties"):
        _refuse("key", "common_profile_properties")
    name = entry.get("event_name")
    if not isinstance(name, str):
        _refuse("event", name)
    first, last = parse_day(entry.get("from")), parse_day(entry.get("to"))
    if first is None or last is None or first > last or last > today:
        raise FilterDatesError(name)
    conditions = (*_conditions(entry, "event_properties"), *_conditions(entry, "props"))
    return PastEvent(name, first, last, conditions, _conditions(entry, "session_properties"))


def _count(entry: dict[str, Any]) -> Condition:
    """Return the condition on the number of events; without one, at least one."""
    if "operator" not in entry and "value" not in entry:
        return Condition("count", "greater_than", (0,))
    condition = _condition({"name": "count"} | _picked(entry, "operator", "value"))
    if not condition.values or any(number_of(value) is None for value in condition.values):
        _refuse("value", "count")
    return condition


def _conditions(content: dict[str, Any], key: str) -> tuple[Condition, ...]:
    return tuple(_condition(each) for each in _list(content, key))


def _condition(content: object) -> Condition:
    if not isinstance(content, dict):
        _refuse("property", content)
    _only(content, {"name", "operator", "value"})
    name, spelled = content.get("name"), content.get("operator", "equals")
    if not isinstance(name, str) or not name:
        _refuse("property", name)
    plain = SPELLINGS.get(spelled) if isinstance(spelled, str) else None
    if plain is None:
        _refuse("operator", spelled)
    if plain in {"exists", "does_not_exist"}:
        return Condition(name, plain)
    value = content.get("value")
    values = tuple(value) if isinstance(value, list) else (value,)
    if not values or not all(isinstance(each, (str, int, float)) for each in values):
        _refuse("value", name)
    if plain in COMPARISONS and any(number_of(each) is None for each in values):
        _refuse("value", name)
    return Condition(name, plain, values)


def _checked(group: str, condition: Condition) -> Condition:
    name = folded(condition.name)
    if name not in CLOSED_GROUPS.get(group, {name}) or name in USER_KEYS:
        _refuse("property", condition.name)
    return condition


def _place(content: object) -> tuple[str, ...]:
    texts = isinstance(content, list) and all(isinstance(part, str) for part in content)
    if not isinstance(content, list) or not texts or not 0 < len(content) <= PLACE_PARTS:
        _refuse("value", "geo_fields")
    return tuple(content)


def _circle(content: object) -> tuple[float, float, float]:
    if not isinstance(content, list) or len(content) != CIRCLE_PARTS:
        _refuse("value", "geo_radius")
    if any(isinstance(part, bool) or not isinstance(part, (int, float)) for part in content):
        _refuse("value", "geo_radius")
    if any(abs(part) > FARTHEST for part in content):
        _refuse("value", "geo_radius")
    latitude, longitude, kilometres = content
    return latitude, longitude, kilometres


def _list(content: dict[str, Any], key: str) -> list[Any]:
    value = content.get(key, [])
    if not isinstance(value, list):
        _refuse("value", key)
    return value


def _object(content: dict[str, Any], key: str) -> dict[str, Any]:
    value = content.get(key, {})
    if not isinstance(value, dict):
        _refuse("value", key)
    return value


def _picked(content: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: content[key] for key in keys if key in content}


def _only(content: dict[str, Any], known: frozenset[str] | set[str]) -> None:
    for key in content:
        if key not in known:
            _refuse("key", key)


def _refuse(what: str, value: object) -> NoReturn:
    """Raise `FilterError` for a part of a query, in the style of the recorded text [LEA]."""
    message = f"Invalid {what} : {value}"
    raise FilterError(message)
