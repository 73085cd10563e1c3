"""Lists of what the project has: event types, user properties, category groups, content blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from typing_extensions import override

from tap_clevertap.errors import CleverTapError
from tap_clevertap.records import lists
from tap_clevertap.records.lists import as_whole
from tap_clevertap.streams.further import FurtherStream
from tap_clevertap.streams.further_schemas import FURTHER_SCHEMAS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from singer_sdk.helpers.types import Record

    from tap_clevertap.lookups.lookup import Answer, Lookup

PAGE_SIZE = 100
"""The most that CleverTap gives. [D:get-content-block-list-api]"""


class OneList(FurtherStream):
    """A list that one response has."""

    target: ClassVar[str]
    params: ClassVar[dict[str, str] | None] = None
    listed: ClassVar[str]
    """The key of the list in the response."""

    @override
    def _read(self) -> Iterator[Record]:
        for answer in self._ask([self._lookup("GET", self.target, params=self.params)]):
            yield from map(self._record, self._listed(answer, self.listed))


class EventSchema(OneList):
    """The types of events, and their properties. [D:get-schema; ING]."""

    name = reads = "event_schema"
    primary_keys: ClassVar[tuple[str, ...]] = ("name",)
    schema = FURTHER_SCHEMAS["event_schema"]
    columns = lists.EVENT_TYPE
    target, params, listed = "/getSchema", {"type": "events"}, "events"


class UserPropertySchema(OneList):
    """The properties of users. [D:get-schema; ING]."""

    name = reads = "user_property_schema"
    primary_keys: ClassVar[tuple[str, ...]] = ("name",)
    schema = FURTHER_SCHEMAS["user_property_schema"]
    columns = lists.PROPERTY
    target, params, listed = "/getSchema", {"type": "userProperties"}, "userProperties"


class CategoryGroups(OneList):
    """The subscription groups. [D:settings-api-endpoints; ING]."""

    name = reads = "category_groups"
    primary_keys: ClassVar[tuple[str, ...]] = ("key",)
    schema = FURTHER_SCHEMAS["category_groups"]
    columns = lists.CATEGORY_GROUP
    target, listed = "/category-groups", "list"


class ContentBlocks(FurtherStream):
    """The content blocks, in pages. [D:get-content-block-list-api; ING]."""

    name = reads = "content_blocks"
    primary_keys: ClassVar[tuple[str, ...]] = ("id",)
    schema = FURTHER_SCHEMAS["content_blocks"]
    columns = lists.CONTENT_BLOCK

    @override
    def _read(self) -> Iterator[Record]:
        total: int | None = None
        seen: set[str] = set()
        for answer in self._pages():
            blocks = list(map(self._record, self._listed(answer, "contentBlocks")))
            total = as_whole(self._body(answer).get("total"))
            new = [each for each in blocks if each["id"] not in seen]
            seen.update(each["id"] for each in new)
            yield from new
            if not new or len(seen) == total:
                break
        if total is not None and len(seen) < total:
            message = (
                f"{self.name}: CleverTap listed {len(seen)} of {total} blocks; run again later"
            )
            raise CleverTapError(message)

    def _pages(self) -> Iterator[Answer]:
        page = 0
        while True:
            page += 1
            yield from self._ask([self._page(page)])

    def _page(self, number: int) -> Lookup:
        params = {"pageNumber": str(number), "pageSize": str(PAGE_SIZE)}
        return self._lookup("GET", "/v1/contentBlock/list", params=params)
