"""Pages of an export as the API's JSON, encoded once and cached."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, TypeVar
from zlib import crc32

from clevertap_emulator.api.cursors import Position
from clevertap_emulator.api.responses import ApiResponse
from clevertap_emulator.data.profile_json import in_order, profile_record
from clevertap_emulator.settings import Contract

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from clevertap_emulator.api.cursors import Cursors
    from clevertap_emulator.api.open_exports import ExportStore, OpenExport
    from clevertap_emulator.api.page_slices import PageSlice
    from clevertap_emulator.data.events import StoredEvent
    from clevertap_emulator.data.people import People
    from clevertap_emulator.data.profile_json import ProfileJsonCache, ProfileParts
    from clevertap_emulator.settings import Settings

_Entry = TypeVar("_Entry")

MEGABYTE = 1_000_000
_by_time = attrgetter("ts")


@dataclass(frozen=True)
class RenderedPage:
    """The records of one page, comma-separated, and the first of them.

    `records` is None if the page lacks the key.
    """

    records: bytes | None
    first: bytes = b""


@dataclass(frozen=True)
class PageFault:
    """What a fault changes in a page."""

    repeat_cursor: bool = False
    repeat_row: bool = False
    drop_row: bool = False


class PageRenderer:
    """Encodes the pages of open exports."""

    def __init__(
        self,
        settings: Settings,
        exports: ExportStore,
        cursors: Cursors,
        people: People,
        profiles_json: ProfileJsonCache,
    ) -> None:
        self._settings = settings
        self._exports = exports
        self._cursors = cursors
        self._people = people
        self._profiles_json = profiles_json
        self._encoded: OrderedDict[Hashable, RenderedPage] = OrderedDict()
        self._held = 0

    def reset(self) -> None:
        """Empty the cache."""
        self._encoded.clear()
        self._held = 0

    def render(self, export: OpenExport, at: Position, fault: PageFault) -> ApiResponse:
        """Return one page, or the last response of an export, which has no records."""
        if at.chunk >= export.chunks:
            return ApiResponse(b'{"status":"success"}')
        slices = self._exports.slices(export, at.chunk)
        if not slices:
            next_position = self._exports.next_position(export, at)
            if next_position is None:  # a range without data has no `records` at all [LEA]
                return ApiResponse(b'{"status":"success"}')
            return self._respond(export, at, RenderedPage(None), next_position, fault)
        page = self._page(export, at)
        next_position = self._exports.next_position(export, at)
        if next_position is None and self._settings.contract is Contract.CAPTURED:
            next_position = Position(at.export, export.chunks)
        if fault.repeat_row:
            page = self._with_repeated_row(export, at, page)
        if fault.drop_row and page.records:
            page = RenderedPage(page.records[len(page.first) + 1 :])
        return self._respond(export, at, page, next_position, fault)

    def _respond(
        self,
        export: OpenExport,
        at: Position,
        page: RenderedPage,
        next_position: Position | None,
        fault: PageFault,
    ) -> ApiResponse:
        parts = [b'{"status":"success"']
        if at.page or at.chunk:
            start = self._cursors.encode(Position(export.number))
            parts.append(b',"previous_cursor":"%b"' % start.encode())
        if next_position is not None:
            cursor = self._cursors.encode(at if fault.repeat_cursor else next_position)
            parts.append(b',"next_cursor":"%b"' % cursor.encode())
        if page.records is not None:
            parts += [b',"records":[', page.records, b"]"]
        return ApiResponse(b"".join([*parts, b"}"]))

    def _with_repeated_row(
        self, export: OpenExport, at: Position, page: RenderedPage
    ) -> RenderedPage:
        before = self._page_before(export, at)
        if before is None or not before.first or not page.records:
            return page
        return RenderedPage(before.first + b"," + page.records, page.first)

    def _page_before(self, export: OpenExport, at: Position) -> RenderedPage | None:
        for number in range(at.page - 1, -1, -1):
            page = self._page(export, Position(at.export, at.chunk, number))
            if page.first:
                return page
        return None

    def _page(self, export: OpenExport, at: Position) -> RenderedPage:
        key = (export.content, self._people.version, at.chunk, at.page)
        page = self._encoded.get(key)
        if page is None:
            page = self._encoded[key] = self._encode_page(export, at)
            self._held += len(page.records or b"")
            while (
                self._held > self._settings.cached_megabytes * MEGABYTE and len(self._encoded) > 1
            ):
                _, dropped = self._encoded.popitem(last=False)
                self._held -= len(dropped.records or b"")
        return page

    def _encode_page(self, export: OpenExport, at: Position) -> RenderedPage:
        chunk = self._exports.chunk(export, at.chunk)
        page_slice = chunk.slices[at.page]
        salt = crc32(b"%d %d" % (at.chunk, at.page))
        if page_slice.hollow:
            return RenderedPage(None if page_slice.absent else b"")
        if export.profiles:
            records = self._profiles(_take_slice(chunk.people, page_slice), export.parts, salt)
        else:
            events = sorted(_take_slice(chunk.events, page_slice), key=_by_time)
            records = self._events(events, export.parts, salt)
        return RenderedPage(b",".join(records), records[0] if records else b"")

    def _profiles(self, numbers: list[int], parts: ProfileParts, salt: int) -> list[bytes]:
        order = salt % 2
        return [
            in_order(profile_record(self._people.person(number), parts), order)
            for number in numbers
        ]

    def _events(self, events: list[StoredEvent], parts: ProfileParts, salt: int) -> list[bytes]:
        """Encode event records; the order of keys changes from page to page."""
        order = salt % 2
        facts = [
            b'"ts":%d%b%b%b'
            % (event.ts, event.template.before[order], event.unique, event.template.after[order])
            for event in events
        ]
        users = self._profiles_json.of_events(events, parts, order)
        if salt // 2 % 2:
            return [b'{"profile":%b,%b}' % pair for pair in zip(users, facts, strict=True)]
        return [b'{%b,"profile":%b}' % pair for pair in zip(facts, users, strict=True)]


def _take_slice(shards: Sequence[Sequence[_Entry]], page_slice: PageSlice) -> list[_Entry]:
    """Return the entries of a page."""
    return [
        entry
        for shard in shards[page_slice.first : page_slice.last]
        for entry in (
            shard
            if page_slice.take is None
            else shard[page_slice.skip : page_slice.skip + page_slice.take]
        )
    ]
