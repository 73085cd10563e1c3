"""The open exports: their content, their pages, their lifetime."""

from __future__ import annotations

import time
from array import array
from collections import OrderedDict
from dataclasses import dataclass, field
from itertools import compress, islice
from random import Random
from typing import TYPE_CHECKING

from clevertap_emulator.api.cursors import Position
from clevertap_emulator.api.page_slices import PageSlice, plan_slices
from clevertap_emulator.data.store import SHARDS, Shards, shard_of, split_by_shard

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence
    from datetime import date

    from clevertap_emulator.api.exports import EventQuery
    from clevertap_emulator.data.event_filter import EventFilter
    from clevertap_emulator.data.events import StoredEvent
    from clevertap_emulator.data.profile_json import ProfileParts
    from clevertap_emulator.data.store import EventStore
    from clevertap_emulator.settings import Settings

DEFAULT_BATCH = 4991  # [LEA]: what an omitted batch_size gives
LARGEST_BATCH = 5000
CHUNK_EVENTS = 50_000
CACHED_ENTRIES = 1_500_000
MAX_OPEN_EXPORTS = 5000


@dataclass(frozen=True)
class ExportChunk:
    """Consecutive days of an export: its events or people by shard, and its pages."""

    slices: list[PageSlice]
    events: Shards = field(default_factory=list)
    people: list[array[int]] = field(default_factory=list)

    @property
    def entries(self) -> int:
        """The number of events and people in it."""
        return sum(map(len, self.events)) + sum(map(len, self.people))


@dataclass
class OpenExport:
    """One export, its content fixed when it was opened; times are monotonic seconds."""

    number: int
    profiles: bool
    name: str
    days: list[date]
    per_shard: int | None
    parts: ProfileParts
    arrivals: int
    days_per_chunk: int
    preparing: int
    event_filter: EventFilter | None = None
    opened: float = field(default_factory=time.monotonic)
    used: float = field(default_factory=time.monotonic)
    expired: bool = False
    pages_served: int = 0

    @property
    def content(self) -> Hashable:
        """What determines its pages: exports with equal content share them."""
        span = (self.days[0], self.days[-1]) if self.days else ()
        wanted = None if self.event_filter is None else self.event_filter.content
        return (self.profiles, self.name, span, self.per_shard, self.parts, self.arrivals, wanted)

    @property
    def chunks(self) -> int:
        """The number of chunks."""
        return -(-len(self.days) // self.days_per_chunk)


def per_shard(batch_size: int | None) -> int | None:
    """Return the events per shard and page; None, no limit, below 23 [LEA]."""
    events = DEFAULT_BATCH if batch_size is None else min(batch_size, LARGEST_BATCH)
    return events // SHARDS or None


class ExportStore:
    """All open exports, and a cache of what their pages contain."""

    def __init__(self, settings: Settings, store: EventStore) -> None:
        self._settings = settings
        self._store = store
        self._open: OrderedDict[int, OpenExport] = OrderedDict()
        self._chunks: OrderedDict[tuple[Hashable, int], ExportChunk] = OrderedDict()
        self._planned: dict[tuple[Hashable, int], list[PageSlice]] = {}
        self._held = 0
        self._last = 0

    def open(
        self,
        event_query: EventQuery,
        *,
        profiles: bool,
        batch_size: int | None,
        parts: ProfileParts,
    ) -> OpenExport:
        """Open an export of what is stored now."""
        self._last += 1
        name, days = event_query.name, event_query.days
        at_once = profiles and not self._store.is_once_each(name)
        export = OpenExport(
            number=self._last,
            profiles=profiles,
            name=name,
            days=days,
            per_shard=per_shard(batch_size),
            parts=parts,
            arrivals=self._store.arrivals,
            days_per_chunk=len(days) or 1 if at_once else self._days_per_chunk(name),
            preparing=self._settings.preparing,
            event_filter=event_query.filter,
        )
        if export.event_filter is not None:
            export.event_filter.keep_users()
        self._open[export.number] = export
        if len(self._open) > MAX_OPEN_EXPORTS:
            self._open.popitem(last=False)
        return export

    def _days_per_chunk(self, name: str) -> int:
        return max(1, int(CHUNK_EVENTS / max(1.0, self._store.expected(name))))

    def name_of(self, position: Position) -> str | None:
        """Return the event name of an export; None if there is no such export."""
        export = self._open.get(position.export)
        return None if export is None else export.name

    def find(self, position: Position, *, profiles: bool) -> OpenExport | None:
        """Return an export and note its use; None if its cursors are invalid."""
        export = self._open.get(position.export)
        if export is None or export.profiles != profiles or self.is_expired(export):
            return None
        export.used = time.monotonic()
        return export

    def reset(self) -> None:
        """Invalidate all cursors."""
        self._open.clear()
        self._chunks.clear()
        self._planned.clear()
        self._held = 0

    def chunk(self, export: OpenExport, number: int) -> ExportChunk:
        """Return a chunk, from the cache or read again."""
        key = (export.content, number)
        chunk = self._chunks.get(key)
        if chunk is None:
            chunk = self._chunks[key] = self._read_chunk(export, number)
            self._planned[key] = chunk.slices
            self._held += chunk.entries
            self._evict()
        self._chunks.move_to_end(key)
        return chunk

    def slices(self, export: OpenExport, number: int) -> list[PageSlice]:
        """Return the pages of a chunk, without reading its events again."""
        planned = self._planned.get((export.content, number))
        return self.chunk(export, number).slices if planned is None else planned

    def _evict(self) -> None:
        while self._held > CACHED_ENTRIES and len(self._chunks) > 1:
            _, dropped = self._chunks.popitem(last=False)
            self._held -= dropped.entries

    def next_position(self, export: OpenExport, at: Position) -> Position | None:
        """Return the next page's position; None at the end."""
        if at.page + 1 < len(self.slices(export, at.chunk)):
            return Position(at.export, at.chunk, at.page + 1)
        for number in range(at.chunk + 1, export.chunks):
            if self.slices(export, number):
                return Position(at.export, number)
        return None

    def newest(self, limit: int) -> list[OpenExport]:
        """Return the exports that were opened last, the newest first."""
        return list(islice(reversed(self._open.values()), limit))

    @property
    def count(self) -> int:
        """The number of exports that are remembered."""
        return len(self._open)

    def is_expired(self, export: OpenExport) -> bool:
        """Return whether the cursors of an export are invalid by now."""
        now = time.monotonic()
        if export.profiles:
            return export.expired or now - export.opened > self._settings.profile_cursor_life
        old = now - export.opened > self._settings.cursor_life
        idle = now - export.used > self._settings.cursor_idle
        return export.expired or old or idle

    def _read_chunk(self, export: OpenExport, number: int) -> ExportChunk:
        first = number * export.days_per_chunk
        days = export.days[first : first + export.days_per_chunk]
        if export.profiles:
            people = self._people_of(export, days)
            return ExportChunk(self._plan(export, number, people), people=people)
        events = [event for day in days for event in self._stored(export, day)]
        shards = split_by_shard(events)
        return ExportChunk(self._plan(export, number, shards), events=shards)

    def _people_of(self, export: OpenExport, days: list[date]) -> list[array[int]]:
        """Return the users of some days, of each shard in order of their numbers."""
        marked = bytearray()
        for day in days:
            for event in self._stored(export, day):
                if event.person >= len(marked):
                    marked.extend(bytes(event.person + 1 - len(marked)))
                marked[event.person] = 1
        people: list[array[int]] = [array("Q") for _ in range(SHARDS)]
        for person in compress(range(len(marked)), marked):
            people[shard_of(person)].append(person)
        return people

    def _stored(self, export: OpenExport, day: date) -> list[StoredEvent]:
        """Return a day's events; rows that exports lack still count as an event of their user."""
        read = self._store.events if export.profiles else self._store.exported
        events = read(export.name, day, export.arrivals)
        return events if export.event_filter is None else export.event_filter.keep(events)

    def _plan(
        self, export: OpenExport, number: int, shards: Sequence[Sequence[object]]
    ) -> list[PageSlice]:
        seed = f"{self._settings.seed}/{export.name}/{export.days[0]}/{number}"
        return plan_slices(
            shards,
            export.per_shard,
            rng=Random(seed) if self._settings.hollow_pages else None,  # noqa: S311 - seeded on purpose
            absent_first=len(export.name) % 2 == 0,
        )
