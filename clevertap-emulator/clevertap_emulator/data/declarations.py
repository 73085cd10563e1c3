"""What getSchema declares: events and properties, which the data may contradict."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clevertap_emulator.data.catalogue import UNIQUE_TYPES, folded
from clevertap_emulator.data.property_types import type_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clevertap_emulator.data.catalogue import EventNames
    from clevertap_emulator.data.people import People


@dataclass(frozen=True)
class DeclaredEvent:
    """One event as declared; `properties` has the type of each."""

    name: str
    system: bool
    discarded: bool
    properties: dict[str, str]


class Declarations:
    """Declared events and user properties: those of the data, with changes on top."""

    def __init__(self, names: EventNames, people: People) -> None:
        self._names = names
        self._people = people
        self.reset()

    def reset(self) -> None:
        """Forget changes, and what uploads added."""
        self._uploaded: dict[str, dict[str, str]] = defaultdict(dict)
        self._changes: dict[str, dict[str, str | None]] = defaultdict(dict)
        self._user_changes: dict[str, str | None] = {}
        self._left_out: dict[str, int] = {}

    def note_upload(self, name: str, properties: Mapping[str, Any]) -> None:
        """Declare the properties of an uploaded event, each with its first value's type."""
        known = self._uploaded[name]
        for each, value in properties.items():
            if each not in known:
                known[each] = type_of(value)

    def change(self, name: str, properties: Mapping[str, str | None]) -> None:
        """Declare properties of an event with these types; None declares one no longer."""
        self._changes[name] |= properties

    def change_users(self, properties: Mapping[str, str | None]) -> None:
        """Declare user properties with these types; None declares one no longer."""
        self._user_changes |= properties

    def leave_out(self, name: str, times: int) -> None:
        """Leave an event out of the next responses."""
        self._left_out[name] = times

    def rename(self, old: str, new: str) -> None:
        """Move what was declared of an event to its new name."""
        self._uploaded[new] = self._uploaded.pop(old, {})
        self._changes[new] = self._changes.pop(old, {})
        self._left_out[new] = self._left_out.pop(old, 0)

    def events(self) -> list[DeclaredEvent]:
        """Return all events in their stored spelling."""
        return [
            DeclaredEvent(
                name,
                system=self._names.kind(name).system,
                discarded=folded(name) in self._names.discarded,
                properties=self._properties(name),
            )
            for name in self._names.spelled()
        ]

    def next_response(self) -> list[DeclaredEvent]:
        """Return the events of one response, without those left out of it."""
        missing = {name for name, times in self._left_out.items() if times}
        for name in missing:
            self._left_out[name] -= 1
        return [event for event in self.events() if event.name not in missing]

    def user_properties(self) -> dict[str, str]:
        """Return the type of each user property."""
        return _changed(self._people.property_types(), self._user_changes)

    def _properties(self, name: str) -> dict[str, str]:
        kind = self._names.kind(name)
        types = {each: typed.type for each, typed in kind.properties.items()}
        if kind.unique is not None:
            types[kind.unique] = UNIQUE_TYPES[kind.unique]
        uploaded = self._uploaded.get(name, {})
        return _changed(uploaded | types, self._changes.get(name, {}))


def _changed(types: Mapping[str, str], changes: Mapping[str, str | None]) -> dict[str, str]:
    merged = {**types, **changes}
    return {name: kind for name, kind in merged.items() if kind is not None}
