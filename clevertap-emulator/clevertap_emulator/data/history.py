"""The seeded generator of past events: the same seed, name and day give the same rows."""

from __future__ import annotations

from collections import OrderedDict
from random import Random
from typing import TYPE_CHECKING

from clevertap_emulator.data.calendar import DAY_SECONDS
from clevertap_emulator.data.catalogue import CITIES, TOTAL_WEIGHT
from clevertap_emulator.data.rows import Row, Shape, bare_shape, block, shape_of

if TYPE_CHECKING:
    from datetime import date

    from clevertap_emulator.data.calendar import Calendar
    from clevertap_emulator.data.catalogue import EventKind
    from clevertap_emulator.data.people import People
    from clevertap_emulator.settings import Settings

CACHED_ROWS = 600_000
SHAPES_PER_NAME = 300
# Share of one day's events by weekday, Monday first.
WEEKDAYS = (0.9, 0.9, 0.95, 1.0, 1.1, 1.2, 0.95)
BUSY_ROWS = 8
ROWS_PER_TWIN = 120


class History:
    """Generated rows by event name and day, kept while there is room."""

    def __init__(self, settings: Settings, calendar: Calendar, people: People) -> None:
        self._settings = settings
        self._calendar = calendar
        self._people = people
        self._shapes: dict[str, list[Shape]] = {}
        self._days: OrderedDict[tuple[str, date], list[Row]] = OrderedDict()
        self._held = 0

    def rows(self, kind: EventKind, day: date) -> list[Row]:
        """Return one day's events of one name in order of time."""
        if not self._calendar.first_day <= day <= self._calendar.today:
            return []
        key = (kind.name, day)
        rows = self._days.get(key)
        if rows is None:
            rows = self._days[key] = self._generate(kind, day)
            self._held += len(rows)
            self._make_room()
        self._days.move_to_end(key)
        return rows

    def expected(self, kind: EventKind) -> float:
        """Return about how many events of a name a day has."""
        return self._settings.events_per_day * kind.weight / TOTAL_WEIGHT

    def _make_room(self) -> None:
        while self._held > CACHED_ROWS and len(self._days) > 1:
            _, dropped = self._days.popitem(last=False)
            self._held -= len(dropped)

    def _generate(self, kind: EventKind, day: date) -> list[Row]:
        rng = Random(f"{self._settings.seed}/{kind.name}/{day}")  # noqa: S311 - seeded on purpose
        first, after = self._calendar.bounds(day)
        share = WEEKDAYS[day.weekday()] * (after - first) / DAY_SECONDS
        count = round(self.expected(kind) * share * rng.uniform(0.85, 1.15))
        # The mean of two draws: more around midday than at night.
        drawn = [
            first + int((rng.random() + rng.random()) / 2 * (after - first)) for _ in range(count)
        ]
        rows = self._rows(kind, rng, day, sorted(drawn))
        return rows if day < self._calendar.today else self._until_start(rows)

    def _rows(self, kind: EventKind, rng: Random, day: date, instants: list[int]) -> list[Row]:
        shapes = self._shapes_of(kind)
        users, random = self._settings.users, rng.random
        device_counts = self._people.device_counts
        rows: list[Row] = []
        stamps = self._calendar.stamps(day, instants)
        for instant, stamp in zip(instants, stamps):  # noqa: B905 - `strict` costs time here
            shape = shapes[int(random() * SHAPES_PER_NAME)]
            # A squared draw: few users are heavy, most are light.
            person = int(users * random() ** 2)
            device = instant % device_counts[person]
            unique = self._unique(kind, instant, person) if shape.takes_unique else b""
            rows.append(Row(stamp, person, device, unique, shape))
        return self._with_twins(rng, rows)

    def _with_twins(self, rng: Random, rows: list[Row]) -> list[Row]:
        """Repeat a few rows exactly: real projects have identical events in one second."""
        if len(rows) < BUSY_ROWS:
            return rows
        for _ in range(1 + len(rows) // ROWS_PER_TWIN):
            position = rng.randrange(len(rows))
            rows.insert(position, rows[position])
        return rows

    def _until_start(self, rows: list[Row]) -> list[Row]:
        """Keep what happened before the emulator started, so that the truth does not move."""
        limit = self._calendar.stamp(self._calendar.start)
        return [row for row in rows if row.ts < limit]

    @staticmethod
    def _unique(kind: EventKind, instant: int, person: int) -> bytes:
        if kind.unique == "Charged ID":
            return b'"Charged ID":%d' % (9_007_199_254_740_993 + instant * 1_000_000 + person)
        return b'"CT Session Id":%d' % (instant - person % 600)

    def _shapes_of(self, kind: EventKind) -> list[Shape]:
        if kind.name not in self._shapes:
            rng = Random(f"{self._settings.seed}/{kind.name}")  # noqa: S311 - seeded on purpose
            self._shapes[kind.name] = [_shape(kind, rng) for _ in range(SHAPES_PER_NAME)]
        return self._shapes[kind.name]


def _shape(kind: EventKind, rng: Random) -> Shape:
    facts = [(name, block(draw(rng))) for name, draw in kind.properties.items()]
    session = _session(kind, rng)
    oddity = rng.random()
    if oddity < 0.04:  # noqa: PLR2004 - one share in twenty-five has no properties at all
        return bare_shape(rng.choice([None, b"null", b"{}"]), session)
    kept = [fact for fact in facts if rng.random() < 0.92]  # noqa: PLR2004 - some are missing
    return shape_of(kept, session, unique=kind.unique is not None)


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
    return block(session)
