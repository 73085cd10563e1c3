"""The records of a stream that come next and need nothing but its one mapping."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from target_clevertap.records.exact_json import UNREADABLE, decode_value

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Sequence

    from target_clevertap.records.deletions import Deletions
    from target_clevertap.singer.lines import Line


@dataclass(slots=True)
class PlainRecords:
    """Records up to one that needs more."""

    records: list[dict[str, Any]]
    raws: list[bytes]
    """The same as they came in."""

    messages: int
    """How many messages these were, those of deleted rows too."""

    @property
    def deleted(self) -> int:
        """How many of them were deleted at the source; they are not among the records."""
        return self.messages - len(self.records)


def plain_records(
    found: PlainRecords,
    deletions: Deletions,
    missing_key: Callable[[Container[str]], str | None],
    *,
    are_deleted_left_out: bool = True,
) -> PlainRecords:
    """Return the records of a stream that come next, up to one that lacks its key.

    Args:
        found: The records that come next, those of deleted rows too; changed.
        deletions: Of the stream.
        missing_key: Returns a column of the key that a record or a set of columns lacks.
        are_deleted_left_out: Whether rows that were deleted at the source are left out; else such
            a row is unusual.
    """
    records = found.records
    columns = set[str]().union(*records)
    are_whole = sum(map(len, records)) == len(columns) * len(records)
    if are_whole and not (deletions.may_mark(columns) or missing_key(columns)):
        return found
    kept = []
    for index, record in enumerate(records):
        is_deleted = deletions.marks(record)
        if is_deleted and are_deleted_left_out:
            continue
        if is_deleted or missing_key(record) is not None:
            found.messages = index
            break
        kept.append(index)
    found.records = [records[index] for index in kept]
    found.raws = [found.raws[index] for index in kept]
    return found


def from_messages(stream: str, messages: Sequence[Line], taken: int) -> PlainRecords:
    """Return the records in messages that come next, up to one that is unusual.

    Args:
        stream: Its name, as it came in.
        messages: As they came.
        taken: How many of them were taken before.
    """
    records: list[dict[str, Any]] = []
    raws: list[bytes] = []
    with suppress(*UNREADABLE):
        for message in islice(messages, taken, None):
            if message.type != "RECORD" or message.stream != stream or message.code:
                break
            raw = bytes(message.record)
            record = decode_value(raw)
            if type(record) is not dict:
                break
            records.append(record)
            raws.append(raw)
    return PlainRecords(records, raws, len(records))


def next_rows(stream: str, messages: Sequence[Line], taken: int) -> list[bytes]:
    """Return the records in messages that come next, not read.

    Args:
        stream: Its name, as it came in.
        messages: As they came.
        taken: How many of them were taken before.
    """
    raws = []
    for message in islice(messages, taken, None):
        if message.type != "RECORD" or message.stream != stream or message.code:
            break
        raws.append(bytes(message.record))
    return raws


def from_rows(rows: Sequence[bytes], taken: int) -> PlainRecords:
    """Return the records in rows of a batch file that come next, up to one that is unusual.

    Args:
        rows: As they came, without white space around them.
        taken: How many of them were taken before.
    """
    records: list[dict[str, Any]] = []
    with suppress(*UNREADABLE):
        for raw in islice(rows, taken, None):
            record = decode_value(raw)
            if type(record) is not dict:
                break
            records.append(record)
    return PlainRecords(records, [*rows[taken : taken + len(records)]], len(records))
