"""The SDK's stream without the defaults that do not fit closed days."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from singer_sdk import Stream
from singer_sdk.helpers.conform import TypeConformanceLevel
from typing_extensions import override

if TYPE_CHECKING:
    from singer_sdk.helpers.types import Context, Record


class StreamWithoutDefaults(Stream):
    """A stream whose bookmarks and errors are not the SDK's.

    - The SDK calls each method, in the main thread; none raises anything.
    """

    # States are written as days close.
    STATE_MSG_FREQUENCY = sys.maxsize
    # The records fit the schema, field by field.
    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE

    @property
    @override
    def partitions(self) -> None:
        # The SDK would sync once for each partition in the state.
        return

    @override
    def _increment_stream_state(
        self, latest_record: Record, *, context: Context | None = None
    ) -> None:
        # Days close, records do not: the ends of exports move the bookmarks.
        return

    @override
    def _write_starting_replication_value(self, context: Context | None) -> None:
        # The SDK would store start_date as if it were a bookmark.
        return

    @override
    def get_replication_key_signpost(self, context: Context | None = None) -> None:
        # The SDK would store the time of the run, to limit a bookmark that records move.
        return

    @override
    def log(self, message: str, *args: Any, **options: Any) -> None:
        # The SDK logs an error as unhandled that the tap then reports in one line.
        if not message.startswith("An unhandled error"):
            super().log(message, *args, **options)
