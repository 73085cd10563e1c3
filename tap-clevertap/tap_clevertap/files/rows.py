"""The rows of files, whatever their format: what readers give, and what they report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from zoneinfo import ZoneInfo

    from tap_clevertap.files.formats.json_memory import JsonMemory
    from tap_clevertap.records.blocks import Encoded
    from tap_clevertap.records.rows import Record

ROWS_AT_A_TIME = 2_000
"""The most rows that a reader yields at a time."""


class EventRows(NamedTuple):
    """Some rows of a file of events, in their order, as columns of equal length."""

    numbers: Sequence[int]
    """The line of each row in its file, or its number, both from 1."""
    names: Sequence[str]
    """The exact event name of each."""
    stamps: Sequence[bytes]
    """`ts`: 14 digits, yyyyMMddHHmmss, the project's wall clock, and a time that exists."""
    users: Sequence[Encoded]
    """Object id as canonical JSON, and the user's fields of a record; see `encode_file_user`."""
    props: Sequence[Any]
    """`eventProps`, decoded: integers of any size, decimals as `Decimal`. What is no object
    becomes one in its record, as that of the API does; its key is made of it as it is. Or
    `msgspec.Raw` with an object or null in canonical JSON, which is encoded as it is. Or a Struct
    whose fields have the order of canonical JSON."""
    sessions: Sequence[Encoded]
    """As `encode_session` gives them."""
    times: Sequence[bytes] = ()
    """The instants of `stamps` in UTC, ISO 8601 without offset, if the reader has them."""


ProfileRows: TypeAlias = "Sequence[tuple[int, Record]]"
"""Some rows of a file of profiles: number, and values by the names in the file."""


class RowSink(Protocol):
    """Receives the rows of a file that cannot be read."""

    has_good: bool
    """Whether the file has a row that can be read; readers set it before they yield that row."""

    def collect(self, number: int, sent: object, reason: str) -> None:
        """Keep one bad row, or raise `UnreadFileError`.

        Args:
            number: Of its line or row.
            sent: The row as it was sent: text, bytes or any JSON value.
            reason: The rest of "line 7: a row ".
        """


class ReadOptions(NamedTuple):
    """What readers need besides the bytes."""

    zone: ZoneInfo
    """The project's, for times in epoch seconds."""
    columns: Mapping[str, str]
    """From the names that files have to those that CleverTap documents; usually empty."""
    bad_rows: RowSink
    is_packed: bool = True
    """Whether the file was packed, so that its checksum proves that it is whole."""
    json: JsonMemory | None = None
    """What is known of JSON rows in files that were read before."""
