"""Exports: what an opened one holds, in which chapters and steps it is read, how long it lives."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

from clevertap_emulator.api.cursors import Position
from clevertap_emulator.data.store import SHARDS, Shards, shard_of, sharded

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence
    from datetime import date

    from clevertap_emulator.data.profile_json import Flags
    from clevertap_emulator.data.store import Store
    from clevertap_emulator.settings import Settings

DEFAULT_BATCH = 4991  # [LEA]: what an omitted batch_size gives
LARGEST_BATCH = 5000
CHAPTER_ROWS = 50_000
CACHED_ENTRIES = 1_500_000
KEPT_EXPORTS = 5000
HOLLOW_ONE_IN = 9
HALVED_ONE_IN = 5


@dataclass(frozen=True)
class Step:
    """One page: rows `skip … skip+take` of shards `first … last-1`; none when `hollow`.

    Of a hollow page the records are empty or `absent`.
    """

    skip: int = 0
    take: int | None = None
    first: int = 0
    last: int = SHARDS
    hollow: bool = False
    absent: bool = False


@dataclass(frozen=True)
class Chapter:
    """Consecutive days of an export, its rows or people by shard, and the pages they make."""

    steps: list[Step]
    rows: Shards = field(default_factory=list)
    people: list[list[int]] = field(default_factory=list)

    @property
    def entries(self) -> int:
        """How many rows and people it holds."""
        return sum(map(len, self.rows)) + sum(map(len, self.people))


@dataclass
class Export:
    """One opened export, frozen at its opening; times in seconds of a monotonic clock."""

    number: int
    profiles: bool
    name: str
    days: list[date]
    per_shard: int | None
    flags: Flags
    arrivals: int
    days_per_chapter: int
    preparing: int
    opened: float = field(default_factory=time.monotonic)
    used: float = field(default_factory=time.monotonic)
    expired: bool = False

    @property
    def content(self) -> Hashable:
        """What decides its rows: exports opened alike have the same pages."""
        span = (self.days[0], self.days[-1]) if self.days else ()
        return (self.profiles, self.name, span, self.per_shard, self.flags, self.arrivals)

    @property
    def chapters(self) -> int:
        """How many chapters there are."""
        return -(-len(self.days) // self.days_per_chapter)


def per_shard(batch_size: int | None) -> int | None:
    """Return rows per shard and page; below 23 there is no limit at all [LEA]."""
    rows = DEFAULT_BATCH if batch_size is None else min(batch_size, LARGEST_BATCH)
    return rows // SHARDS or None


class Exports:
    """The open exports of a process."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._settings = settings
        self._store = store
        self._open: OrderedDict[int, Export] = OrderedDict()
        self._chapters: OrderedDict[tuple[Hashable, int], Chapter] = OrderedDict()
        self._planned: dict[tuple[Hashable, int], list[Step]] = {}
        self._held = 0
        self._last = 0

    def open(
        self, name: str, days: list[date], *, profiles: bool, batch_size: int | None, flags: Flags
    ) -> Export:
        """Open an export over what is stored now."""
        self._last += 1
        daily = max(1.0, self._store.expected(name))
        export = Export(
            number=self._last,
            profiles=profiles,
            name=name,
            days=days,
            per_shard=per_shard(batch_size),
            flags=flags,
            arrivals=self._store.arrivals,
            days_per_chapter=max(1, len(days) if profiles else int(CHAPTER_ROWS / daily)),
            preparing=self._settings.preparing,
        )
        self._open[export.number] = export
        if len(self._open) > KEPT_EXPORTS:
            self._open.popitem(last=False)
        return export

    def find(self, position: Position, *, profiles: bool) -> Export | None:
        """Return a live export and note its use; None when its cursors no longer hold."""
        export = self._open.get(position.export)
        if export is None or export.profiles != profiles or self._lapsed(export):
            return None
        export.used = time.monotonic()
        return export

    def forget(self) -> None:
        """Invalidate all cursors."""
        self._open.clear()
        self._chapters.clear()
        self._planned.clear()
        self._held = 0

    def chapter(self, export: Export, number: int) -> Chapter:
        """Return a chapter, read again when it was put away."""
        key = (export.content, number)
        chapter = self._chapters.get(key)
        if chapter is None:
            chapter = self._chapters[key] = self._read(export, number)
            self._planned[key] = chapter.steps
            self._held += chapter.entries
            self._make_room()
        self._chapters.move_to_end(key)
        return chapter

    def steps(self, export: Export, number: int) -> list[Step]:
        """Return the pages of a chapter; its rows need not be read again for them."""
        planned = self._planned.get((export.content, number))
        return self.chapter(export, number).steps if planned is None else planned

    def _make_room(self) -> None:
        while self._held > CACHED_ENTRIES and len(self._chapters) > 1:
            _, dropped = self._chapters.popitem(last=False)
            self._held -= dropped.entries

    def next_position(self, export: Export, at: Position) -> Position | None:
        """Return the next page with a step, None at the true end."""
        if at.step + 1 < len(self.steps(export, at.chapter)):
            return Position(at.export, at.chapter, at.step + 1)
        for number in range(at.chapter + 1, export.chapters):
            if self.steps(export, number):
                return Position(at.export, number)
        return None

    def _lapsed(self, export: Export) -> bool:
        now = time.monotonic()
        if export.profiles:
            return export.expired or now - export.opened > self._settings.profile_cursor_life
        old = now - export.opened > self._settings.cursor_life
        idle = now - export.used > self._settings.cursor_idle
        return export.expired or old or idle

    def _read(self, export: Export, number: int) -> Chapter:
        first = number * export.days_per_chapter
        days = export.days[first : first + export.days_per_chapter]
        rows = [row for day in days for row in self._store.rows(export.name, day, export.arrivals)]
        if not export.profiles:
            shards = sharded(rows)
            return Chapter(self._steps(export, number, shards), rows=shards)
        people: list[list[int]] = [[] for _ in range(SHARDS)]
        for person in sorted({row.person for row in rows}):
            people[shard_of(person)].append(person)
        return Chapter(self._steps(export, number, people), people=people)

    def _steps(self, export: Export, number: int, shards: Sequence[Sequence[object]]) -> list[Step]:
        """Plan the pages: full ones, some halved or hollow, so that no page looks like the end."""
        longest = max(len(shard) for shard in shards)
        if not longest:
            return []
        if export.per_shard is None:
            return [Step()]
        rng = Random(f"{self._settings.seed}/{export.name}/{export.days[0]}/{number}")  # noqa: S311 - seeded on purpose
        steps: list[Step] = []
        for skip in range(0, longest, export.per_shard):
            steps += (
                step for step in self._page(rng, skip, export.per_shard) if _gives(step, shards)
            )
        hollow = [index for index, step in enumerate(steps) if step.hollow]
        for index in hollow[len(export.name) % 2 :: 2]:  # so that both kinds come early
            steps[index] = Step(hollow=True, absent=True)
        return steps

    def _page(self, rng: Random, skip: int, take: int) -> list[Step]:
        if not self._settings.hollow_pages:
            return [Step(skip, take)]
        hollow = [Step(hollow=True)] if rng.randrange(HOLLOW_ONE_IN) == 0 else []
        if rng.randrange(HALVED_ONE_IN):
            return [*hollow, Step(skip, take)]
        middle = rng.randrange(1, SHARDS)
        return [*hollow, Step(skip, take, last=middle), Step(skip, take, first=middle)]


def _gives(step: Step, shards: Sequence[Sequence[object]]) -> bool:
    """Tell whether a step has rows, or has none on purpose."""
    return step.hollow or any(len(shard) > step.skip for shard in shards[step.first : step.last])
