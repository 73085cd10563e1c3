"""Lines of records of the rows of files, as `records.encoder` writes those of the API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_clevertap.records.lines import Envelope, Lines, record_message

if TYPE_CHECKING:
    from collections.abc import Callable
    from zoneinfo import ZoneInfo

    from tap_clevertap.files.rows import EventRows
    from tap_clevertap.records.events import Number

STREAM = "exported_events"


class FileEncoder:
    """Encodes the rows of files of any events.

    - Only the main thread uses it; nothing is raised.

    Args:
        account_id: The project's.
        zone: The project's.
        envelope: Returns the envelope of each record of some rows, by the name of the stream.
    """

    def __init__(
        self,
        *,
        account_id: str,
        zone: ZoneInfo,
        envelope: Callable[[str], Envelope] = record_message,
    ) -> None:
        self._account_id = account_id
        self._zone = zone
        self._envelope = envelope

    def encode(self, rows: EventRows, number: Number, source_file: str) -> Lines:
        """Return the lines of the records of some rows, in their order.

        Args:
            rows: From a reader.
            number: Numbers rows, or tells to leave them out; called once or more, in their order.
            source_file: The key of the file.
        """
        raise NotImplementedError
