"""The events in partner export files."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from tap_clevertap.streams.exported import ExportedStream
from tap_clevertap.streams.exported_schemas import EXPORTED_SCHEMAS

if TYPE_CHECKING:
    from tap_clevertap.files.formats.readers import Kind


class ExportedEvents(ExportedStream):
    """What users did, from files: the records of `events`, with equal keys."""

    name = reads = "exported_events"
    kind: ClassVar[Kind] = "events"
    primary_keys: ClassVar[tuple[str, ...]] = ("event_key",)
    replication_key = "event_time"
    schema = EXPORTED_SCHEMAS[name]
