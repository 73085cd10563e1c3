"""Pages: one step of an export written as the API's JSON, once, and kept while there is room."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, TypeVar
from zlib import crc32

from clevertap_emulator.api.cursors import Position
from clevertap_emulator.api.responses import Answer
from clevertap_emulator.data.profile_json import in_two_orders, profile_record
from clevertap_emulator.settings import Contract

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from clevertap_emulator.api.cursors import Cursors
    from clevertap_emulator.api.exports import Export, Exports, Step
    from clevertap_emulator.data.people import People
    from clevertap_emulator.data.profile_json import Blocks, Flags
    from clevertap_emulator.data.rows import Row
    from clevertap_emulator.settings import Settings

_Entry = TypeVar("_Entry")

MEGABYTE = 1_000_000
_by_time = attrgetter("ts")


@dataclass(frozen=True)
class Page:
    """The records of one page, joined; `first` is one of them; None where the key is absent."""

    records: bytes | None
    first: bytes = b""


@dataclass(frozen=True)
class Twist:
    """What a fault does to a page's answer."""

    repeat_cursor: bool = False
    repeat_row: bool = False


class Pages:
    """Writes the pages of open exports."""

    def __init__(
        self,
        settings: Settings,
        exports: Exports,
        cursors: Cursors,
        people: People,
        blocks: Blocks,
    ) -> None:
        self._settings = settings
        self._exports = exports
        self._cursors = cursors
        self._people = people
        self._blocks = blocks
        self._written: OrderedDict[Hashable, Page] = OrderedDict()
        self._held = 0

    def forget(self) -> None:
        """Drop all written pages."""
        self._written.clear()
        self._held = 0

    def answer(self, export: Export, at: Position, twist: Twist) -> Answer:
        """Return one page, or the bare end of a walk."""
        if at.chapter >= export.chapters:
            return Answer(b'{"status":"success"}')
        steps = self._exports.steps(export, at.chapter)
        if not steps:
            following = self._exports.next_position(export, at)
            if following is None:  # a range without data has no `records` at all [LEA]
                return Answer(b'{"status":"success"}')
            return self._write(export, at, Page(None), following, twist)
        page = self._page(export, at)
        following = self._exports.next_position(export, at)
        if following is None and self._settings.contract is Contract.CAPTURED:
            following = Position(at.export, export.chapters)
        if twist.repeat_row:
            page = self._with_repeated_row(export, at, page)
        return self._write(export, at, page, following, twist)

    def _write(
        self, export: Export, at: Position, page: Page, following: Position | None, twist: Twist
    ) -> Answer:
        parts = [b'{"status":"success"']
        if at.step or at.chapter:
            start = self._cursors.write(Position(export.number))
            parts.append(b',"previous_cursor":"%b"' % start.encode())
        if following is not None:
            shown = self._cursors.write(at if twist.repeat_cursor else following)
            parts.append(b',"next_cursor":"%b"' % shown.encode())
        if page.records is not None:
            parts += [b',"records":[', page.records, b"]"]
        return Answer(b"".join([*parts, b"}"]))

    def _with_repeated_row(self, export: Export, at: Position, page: Page) -> Page:
        before = self._before(export, at)
        if before is None or not before.first or not page.records:
            return page
        return Page(before.first + b"," + page.records, page.first)

    def _before(self, export: Export, at: Position) -> Page | None:
        for step in range(at.step - 1, -1, -1):
            page = self._page(export, Position(at.export, at.chapter, step))
            if page.first:
                return page
        return None

    def _page(self, export: Export, at: Position) -> Page:
        key = (export.content, self._people.version, at.chapter, at.step)
        page = self._written.get(key)
        if page is None:
            page = self._written[key] = self._render(export, at)
            self._held += len(page.records or b"")
            while (
                self._held > self._settings.cached_megabytes * MEGABYTE and len(self._written) > 1
            ):
                _, dropped = self._written.popitem(last=False)
                self._held -= len(dropped.records or b"")
        return page

    def _render(self, export: Export, at: Position) -> Page:
        chapter = self._exports.chapter(export, at.chapter)
        step = chapter.steps[at.step]
        salt = crc32(b"%d %d" % (at.chapter, at.step))
        if step.hollow:
            return Page(None if step.absent else b"")
        if export.profiles:
            records = self._profiles(_cut(chapter.people, step), export.flags, salt)
        else:
            rows = sorted(_cut(chapter.rows, step), key=_by_time)
            records = self._events(rows, export.flags, salt)
        return Page(b",".join(records), records[0] if records else b"")

    def _profiles(self, numbers: list[int], flags: Flags, salt: int) -> list[bytes]:
        order = salt % 2
        return [
            in_two_orders(profile_record(self._people.person(number), flags))[order]
            for number in numbers
        ]

    def _events(self, rows: list[Row], flags: Flags, salt: int) -> list[bytes]:
        """Write event records; the order of keys changes from page to page."""
        order = salt % 2
        facts = [
            b'"ts":%d%b%b%b' % (row.ts, row.shape.before[order], row.unique, row.shape.after[order])
            for row in rows
        ]
        users = self._blocks.of_events(rows, flags, order)
        if salt // 2 % 2:
            return [b'{"profile":%b,%b}' % pair for pair in zip(users, facts, strict=True)]
        return [b'{%b,"profile":%b}' % pair for pair in zip(facts, users, strict=True)]


def _cut(shards: Sequence[Sequence[_Entry]], step: Step) -> list[_Entry]:
    """Return what a step takes from its shards."""
    return [
        entry
        for shard in shards[step.first : step.last]
        for entry in (shard if step.take is None else shard[step.skip : step.skip + step.take])
    ]
