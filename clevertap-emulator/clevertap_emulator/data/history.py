"""The seeded generator of past events: equal seed, name and day give equal events."""

from __future__ import annotations

from collections import OrderedDict
from random import Random
from typing import TYPE_CHECKING, Any

from clevertap_emulator.data.calendar import DAY_SECONDS
from clevertap_emulator.data.catalogue import CITIES, TOTAL_WEIGHT
from clevertap_emulator.data.events import (
    EventTemplate,
    StoredEvent,
    make_bare_template,
    make_template,
    to_json,
)

if TYPE_CHECKING:
    from datetime import date

    from clevertap_emulator.data.calendar import Calendar
    from clevertap_emulator.data.catalogue import EventKind
    from clevertap_emulator.data.people import People
    from clevertap_emulator.settings import Settings

CACHED_EVENTS = 600_000
# Share of one day's events by weekday, Monday first.
WEEKDAYS = (0.9, 0.9, 0.95, 1.0, 1.1, 1.2, 0.95)
BUSY_EVENTS = 8
EVENTS_PER_DUPLICATE = 120
DRAWN_AT_ONCE = 20_000
"""Events of one day that are drawn only to be counted."""


class History:
    """Generated events by event name and day, in a cache."""

    def __init__(self, settings: Settings, calendar: Calendar, people: People) -> None:
        self._settings = settings
        self._calendar = calendar
        self._people = people
        self._templates: dict[str, list[EventTemplate]] = {}
        self._days: OrderedDict[tuple[str, date], list[StoredEvent]] = OrderedDict()
        self._sizes: dict[tuple[str, date], int] = {}
        self._held = 0
        # Today is left out: it is not over, and not all of its events have happened.
        self._spread_days = max(1, settings.days - 1)

    def events(self, kind: EventKind, day: date) -> list[StoredEvent]:
        """Return one day's events of one name in order of time."""
        if not self._calendar.first_day <= day <= self._calendar.today:
            return []
        key = (kind.name, day)
        events = self._days.get(key)
        if events is None:
            draw = self._one_of_each if kind.everyone else self._generate
            events = self._days[key] = draw(kind, day)
            self._sizes[key] = len(events)
            self._held += len(events)
            self._evict()
        self._days.move_to_end(key)
        return events

    def size(self, kind: EventKind, day: date) -> int:
        """Return the number of one day's events of one name, which is kept for all days."""
        size = self._sizes.get((kind.name, day))
        return len(self.events(kind, day)) if size is None else size

    def known_size(self, kind: EventKind, day: date) -> int | None:
        """Return the number of one day's events, or None if so many would have to be drawn.

        Days that are over are counted without drawing them.
        """
        is_known = (kind.name, day) in self._sizes or kind.everyone
        if is_known or not self._calendar.first_day <= day <= self._calendar.today:
            return self.size(kind, day)
        if day == self._calendar.today:
            return self.size(kind, day) if self.expected(kind) <= DRAWN_AT_ONCE else None
        count = self._count(kind, day, self._rng(kind, day))
        size = self._sizes[kind.name, day] = count + _duplicates(count)
        return size

    def late_events(
        self,
        kind: EventKind,
        day: date,
        count: int,
        properties: dict[str, Any] | None,
        salt: int,
    ) -> list[StoredEvent]:
        """Draw further events of a day that has begun, in order of time.

        Args:
            kind: The event's kind.
            day: Their day.
            count: Their number.
            properties: Their `event_props`, without the unique one; generated ones if None.
            salt: A number that is another one with each call.
        """
        rng = Random(f"{self._settings.seed}/{kind.name}/{day}/late/{salt}")  # noqa: S311 - seeded on purpose
        first, after = self._calendar.bounds(day)
        last = max(first, min(after, int(self._calendar.now())) - 1)
        instants = sorted(rng.randint(first, last) for _ in range(count))
        if properties is None:
            return self._draw_events(kind, rng, day, instants, self._templates_of(kind))
        written = [(name, to_json(value)) for name, value in properties.items()]
        template = make_template(written, None, unique=kind.unique is not None)
        return self._draw_events(kind, rng, day, instants, [template])

    def expected(self, kind: EventKind) -> float:
        """Return the average number of events of a name in a day."""
        if kind.everyone:
            return self._settings.users / self._spread_days
        return self._settings.events_per_day * kind.weight / TOTAL_WEIGHT

    def _evict(self) -> None:
        while self._held > CACHED_EVENTS and len(self._days) > 1:
            _, dropped = self._days.popitem(last=False)
            self._held -= len(dropped)

    def _one_of_each(self, kind: EventKind, day: date) -> list[StoredEvent]:
        """Draw one event of each user whose turn this day is."""
        turn = (day - self._calendar.first_day).days
        if turn >= self._spread_days:
            return []
        first, after = self._calendar.bounds(day)
        people = range(turn, self._settings.users, self._spread_days)
        instants = [
            first + position * (after - first) // len(people) for position, _ in enumerate(people)
        ]
        stamps = self._calendar.stamps(day, instants)
        templates = self._templates_of(kind)
        return [
            StoredEvent(
                stamp,
                person,
                0,
                self._unique(kind, instant, person) if template.takes_unique else b"",
                template,
            )
            for stamp, instant, person in zip(stamps, instants, people, strict=True)
            for template in [templates[person % len(templates)]]
        ]

    def _generate(self, kind: EventKind, day: date) -> list[StoredEvent]:
        rng = self._rng(kind, day)
        first, after = self._calendar.bounds(day)
        count = self._count(kind, day, rng)
        # The mean of two draws: more around midday than at night.
        drawn = [
            first + int((rng.random() + rng.random()) / 2 * (after - first)) for _ in range(count)
        ]
        templates = self._templates_of(kind)
        drawn_events = self._draw_events(kind, rng, day, sorted(drawn), templates)
        events = self._with_duplicates(rng, drawn_events)
        return events if day < self._calendar.today else self._until_start(events)

    def _rng(self, kind: EventKind, day: date) -> Random:
        return Random(f"{self._settings.seed}/{kind.name}/{day}")  # noqa: S311 - seeded on purpose

    def _count(self, kind: EventKind, day: date, rng: Random) -> int:
        """Draw the number of one day's events, without duplicates: the first draw of its `rng`."""
        first, after = self._calendar.bounds(day)
        share = WEEKDAYS[day.weekday()] * (after - first) / DAY_SECONDS
        return round(self.expected(kind) * share * rng.uniform(0.85, 1.15))

    def _draw_events(
        self,
        kind: EventKind,
        rng: Random,
        day: date,
        instants: list[int],
        templates: list[EventTemplate],
    ) -> list[StoredEvent]:
        users, random = self._settings.users, rng.random
        device_counts = self._people.device_counts
        events: list[StoredEvent] = []
        stamps = self._calendar.stamps(day, instants)
        for instant, stamp in zip(instants, stamps):  # noqa: B905 - `strict` costs time here
            template = templates[int(random() * len(templates))]
            # A squared draw: few users are heavy, most are light.
            person = int(users * random() ** 2)
            device = instant % device_counts[person]
            unique = self._unique(kind, instant, person) if template.takes_unique else b""
            events.append(StoredEvent(stamp, person, device, unique, template))
        return events

    def _with_duplicates(self, rng: Random, events: list[StoredEvent]) -> list[StoredEvent]:
        """Repeat a few events: real projects have identical events in one second."""
        for _ in range(_duplicates(len(events))):
            position = rng.randrange(len(events))
            events.insert(position, events[position])
        return events

    def _until_start(self, events: list[StoredEvent]) -> list[StoredEvent]:
        """Keep the events before the emulator's start, so that the truth does not change."""
        limit = self._calendar.stamp(self._calendar.start)
        return [event for event in events if event.ts < limit]

    @staticmethod
    def _unique(kind: EventKind, instant: int, person: int) -> bytes:
        if kind.unique == "Charged ID":
            return b'"Charged ID":%d' % (9_007_199_254_740_993 + instant * 1_000_000 + person)
        return b'"CT Session Id":%d' % (instant - person % 600)

    def _templates_of(self, kind: EventKind) -> list[EventTemplate]:
        if kind.name not in self._templates:
            rng = Random(f"{self._settings.seed}/{kind.name}")  # noqa: S311 - seeded on purpose
            self._templates[kind.name] = [_draw_template(kind, rng) for _ in range(kind.templates)]
        return self._templates[kind.name]


def _duplicates(count: int) -> int:
    """Return how many of one day's events happen twice."""
    return 0 if count < BUSY_EVENTS else 1 + count // EVENTS_PER_DUPLICATE


def _draw_template(kind: EventKind, rng: Random) -> EventTemplate:
    properties = [(name, to_json(typed.draw(rng))) for name, typed in kind.properties.items()]
    session = _session(kind, rng)
    oddity = rng.random()
    if oddity < 0.04:  # noqa: PLR2004 - one share in twenty-five has no properties at all
        return make_bare_template(rng.choice([None, b"null", b"{}"]), session)
    kept = [each for each in properties if rng.random() < 0.92]  # noqa: PLR2004 - some are missing
    return make_template(kept, session, unique=kind.unique is not None)


def _session(kind: EventKind, rng: Random) -> bytes | None:
    if not kind.session:
        return rng.choice([None, None, None, None, b"null", b"{}"])
    source = rng.choice(["Direct", "Others", "Paid", "Search"])
    session: dict[str, object] = {"session_source": source}
    if source != "Direct":
        session |= {
            "session_referrer": "wzrk://track?utm_source=mail&x=%C3%A9",
            "utm_source": rng.choice(["newsletter", "google", "göögle"]),
            "utm_campaign": f"{rng.choice(CITIES)} {rng.randint(1, 9)}",
        }
    return to_json(session)
