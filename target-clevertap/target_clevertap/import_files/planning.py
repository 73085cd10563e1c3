"""Which records of a pile go into the next file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from target_clevertap.import_files.cells import NESTED
from target_clevertap.import_files.table import (
    MOST_EVENT_COLUMNS,
    MOST_PROFILE_COLUMNS,
    Table,
)
from target_clevertap.records.errors import RecordRefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from target_clevertap.import_files.cells import RecordRows, RowMaker
    from target_clevertap.import_files.spool import FileSpool, Publication

MOST_LEFT_OUT = 200_000
"""Records that do not fit; with more of them the file ends."""


CHECKED_EACH = 4096
"""Records between two looks at whether the run is to end."""


MARGIN = 8
"""By which a record's row is surely smaller than a file, where its JSON is."""

TOO_LARGE = "too_large"


@dataclass(frozen=True, slots=True)
class Plan:
    """The next file."""

    table: Table
    first: int
    """Number of its first record in the spool."""

    last: int
    left_out: list[int]
    """Records between these that do not fit, for the files after it."""


def plan_file(
    spool: FileSpool, pile: str, most_bytes: int, check: Callable[[], None]
) -> Plan | None:
    """Return the next file of a pile; None where the pile is empty.

    - A record that does not fit waits for the next file, and so do all further ones of its user,
      where it is a profile: they keep their order.
    - The file ends where the next record would make it larger than it may be.
    """
    table = table_for(pile)
    is_ordered = pile.startswith("profile/")
    first = last = 0
    left_out: list[int] = []
    users: set[int] = set()
    for number, rows in spool.scan(pile):
        if number % CHECKED_EACH == 0:
            check()
        user = hash(rows[0][0][1]) if is_ordered else 0
        addition = None if is_ordered and user in users else table.fits(rows)
        if addition is None:
            if len(left_out) == MOST_LEFT_OUT:
                break
            left_out.append(number)
            users.add(user)
            continue
        if first and table.size_with(addition) > most_bytes:
            break
        table.add(addition)
        first, last = first or number, number
    if not first:
        return None
    return Plan(table, first, last, [each for each in left_out if each < last])


def table_of(spool: FileSpool, publication: Publication, check: Callable[[], None]) -> Table:
    """Return the table of a publication that was begun."""
    table = table_for(publication.pile)
    for number, rows in spool.scan(publication.pile, publication.first, publication.last):
        if number % CHECKED_EACH == 0:
            check()
        addition = table.fits(rows)
        assert addition is not None  # noqa: S101 - it did before
        table.add(addition)
    return table


def table_for(pile: str) -> Table:
    """Return an empty table for a pile."""
    return Table(MOST_EVENT_COLUMNS if pile.startswith("event/") else MOST_PROFILE_COLUMNS)


def rows_in_file(maker: RowMaker, payload: bytes, most_bytes: int) -> RecordRows:
    """Return a record in the form of a file, which can have it at least alone.

    Args:
        maker: Makes rows.
        payload: As the API would get it.
        most_bytes: Of a file.

    Raises:
        RecordRefusedError: When no file can hold it.
    """
    rows = maker.rows(payload)
    if len(rows.rows) == 1 and len(payload) < most_bytes // MARGIN:
        return rows
    table = table_for(rows.pile)
    addition = table.fits(rows.rows)
    if addition is None:
        reason = "a list holds values of several types, and a column of a file has one"
        raise RecordRefusedError(NESTED, reason)
    if table.size_with(addition) > most_bytes:
        raise RecordRefusedError(TOO_LARGE, "alone it is larger than files_max_bytes allows")
    return rows
