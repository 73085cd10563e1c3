"""Which streams a run has, and in which order: what the catalog and the setting `select` name."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from tap_clevertap.streams.exported_events import ExportedEvents
from tap_clevertap.streams.exported_profiles import ExportedProfiles
from tap_clevertap.streams.optional import OptionalStream
from tap_clevertap.streams.profiles import Profiles
from tap_clevertap.streams.project_lists import (
    CategoryGroups,
    ContentBlocks,
    EventSchema,
    UserPropertySchema,
)
from tap_clevertap.streams.reports import (
    CampaignReports,
    Campaigns,
    EventCounts,
    MessageReports,
)
from tap_clevertap.streams.stream_names import NOT_OF_API
from tap_clevertap.streams.webhook_messages import WebhookMessages

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from singer_sdk import Stream
    from singer_sdk.singerlib import Catalog

    from tap_clevertap.streams.base import CleverTapStream

logger = logging.getLogger("tap-clevertap")

AFTER_EVENTS: tuple[type[CleverTapStream], ...] = (
    Profiles,
    EventSchema,
    UserPropertySchema,
    Campaigns,
    CampaignReports,
    MessageReports,
    EventCounts,
    CategoryGroups,
    ContentBlocks,
    ExportedEvents,
    ExportedProfiles,
    WebhookMessages,
)
"""In the order in which they are read: one that fails for a while must not hold up the others."""


def in_order(streams: Iterable[Stream]) -> dict[str, Stream]:
    """Return the streams by name, in the order in which they are read."""
    order: dict[type[Any], int] = {kind: place for place, kind in enumerate(AFTER_EVENTS, start=1)}
    ordered = sorted(streams, key=lambda stream: order.get(type(stream), 0))
    return {stream.name: stream for stream in ordered}


def add_selected(catalog: Catalog, streams: Iterable[Stream]) -> None:
    """Add what the setting `select` selects to a given catalog, which the mapper reads."""
    for stream in streams:
        is_set = isinstance(stream, OptionalStream) and stream.selected_by_default
        if is_set and catalog.get_stream(stream.name) is None:
            catalog.add_stream(stream._singer_catalog_entry)  # noqa: SLF001 - nothing public


def further_streams_left_out(streams: Iterable[Stream]) -> list[str]:
    """Return the further streams that are not for this run; say which the catalog selects."""
    further = [each for each in streams if isinstance(each, OptionalStream)]
    if unnamed := [each.name for each in further if each.selected and not each.is_named]:
        logger.info("left out, as `select` does not name them: %s", ", ".join(unnamed))
    return [each.name for each in further if not (each.selected and each.is_named)]


def streams_not_tested(streams: Collection[str]) -> list[str]:
    """Return the streams of the API, which a test without credentials leaves out.

    If there is no other stream they are tested, and say which credential is missing.
    """
    of_api = [name for name in streams if name not in NOT_OF_API]
    return of_api if set(NOT_OF_API).intersection(streams) else []
