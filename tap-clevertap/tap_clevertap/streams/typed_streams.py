"""The typed streams of a run, made of getSchema, the state and the catalog."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from tap_clevertap.config.event_names import list_names
from tap_clevertap.config.schema import PER_EVENT, SINGLE
from tap_clevertap.errors import SettingError
from tap_clevertap.streams.schemas import EVENTS_SCHEMA
from tap_clevertap.streams.typed_events import TypedEvents
from tap_clevertap.typed.layout import TypedLayout, is_typed_stream, kept_streams

if TYPE_CHECKING:
    from collections.abc import Iterable

    from singer_sdk import Stream
    from singer_sdk.singerlib import Catalog

    from tap_clevertap.run import RunContext
    from tap_clevertap.tap import TapCleverTap

logger = logging.getLogger("tap-clevertap")


def typed_streams(tap: TapCleverTap, run: RunContext) -> list[TypedEvents]:
    """Return a stream for each event that is to be read.

    Raises:
        CleverTapError: If getSchema fails, or a configured event is not known.
    """
    catalog, bookmarks = tap.input_catalog, tap.state.get("bookmarks", {})
    names, declared = run.declared_events(kept_streams(bookmarks))
    layout = TypedLayout(declared, EVENTS_SCHEMA, bookmarks, catalog)
    events = layout.events(names)
    if catalog is not None:
        absent = [event.event_name for event in events if event.stream not in catalog]
        if absent:
            message = (
                "--catalog: it has no stream of %d events (%s), so they are not read; "
                "discover again (with Meltano: run with --refresh-catalog)"
            )
            logger.warning(message, len(absent), list_names(absent))
    return [TypedEvents(tap, run, event, layout.schema(event)) for event in events]


def warn_of_unselected(streams: Iterable[Stream]) -> None:
    """Warn if no typed stream is selected: a selection made for the other layout names none."""
    typed = [stream for stream in streams if isinstance(stream, TypedEvents)]
    if typed and not any(stream.selected for stream in typed):
        logger.warning(
            "--catalog: it selects no stream of an event, so no event is read; select them, or set "
            "stream_layout to single (with Meltano: `event*.*` under select)"
        )


def check_layout(catalog: Catalog | None, *, is_typed: bool) -> None:
    """Refuse a catalog that was made for the other layout.

    Raises:
        SettingError: With both layouts.
    """
    if catalog is None:
        return
    has_typed = any(map(is_typed_stream, catalog))
    has_events = "events" in catalog
    if has_typed in {has_events, is_typed}:
        return
    made, now = (PER_EVENT, SINGLE) if has_typed else (SINGLE, PER_EVENT)
    message = (
        f"--catalog: it was made with stream_layout {made}, the setting is {now}; write it again "
        "with --discover (with Meltano: run with --refresh-catalog)"
    )
    raise SettingError(message)
