"""Deletions of the users of rows that were deleted at the source: `on_deleted: delete`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from target_clevertap.ledger.naming import Namer
from target_clevertap.records import values
from target_clevertap.records.deletions import Deletions
from target_clevertap.records.encoding_faults import UNENCODABLE, refusal_of
from target_clevertap.records.endpoints import DELETIONS
from target_clevertap.records.entries import Entry, NamedBy
from target_clevertap.records.user_calls import DeleteMapping

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from target_clevertap.ledger.naming import Naming
    from target_clevertap.rules.rule import Rule
    from target_clevertap.singer.columns import Columns

    Record = Mapping[str, Any]


class RowDeletions:
    """Makes entries that delete users."""

    def __init__(
        self,
        rule: Rule,
        columns: Columns,
        naming: Naming | None,
        count: Callable[[bytes], int] | None,
    ) -> None:
        """Make entries from now on.

        Args:
            rule: Of the stream, with `on_deleted: delete`.
            columns: What its SCHEMA says of its columns.
            naming: How the ledger names its records; None without a ledger.
            count: Of equal rows, as `Namer` takes it.
        """
        self.endpoint = DELETIONS[rule.identity_type]
        """Where they are sent."""

        self._map = DeleteMapping(rule, columns)
        self._marks = Deletions()
        self._namer: Namer | None = None
        if naming is not None:
            own = replace(naming, type="delete", has_time=False, former=None)
            self._namer = Namer(own, count)

    def entry(
        self,
        record: dict[str, Any],
        raw: bytes,
        incoming: Record | None = None,
        rejected_at: str | None = None,
    ) -> Entry:
        """Return the deletion of the user of a row.

        It has a name of its own, with the marks of the row: the user may come back, and be deleted
        once more.

        Args:
            record: After stream maps.
            raw: The record as it came in.
            incoming: The same, decoded, where stream maps changed it since.
            rejected_at: Of a record that is sent again out of the rejects file.

        Raises:
            RecordRefusedError: When it has no user.
        """
        try:
            mapped = self._map(record)
            payload = values.encode(mapped.body)
            if self._namer is None:
                return Entry(payload, mapped.user, counts_again=True, name=None, raw=raw)
            came = incoming or record
            told = payload + b"\0" + values.encode(self._marks.values(came))
            named = self._namer.name(record, came, told, rejected_at)
        except tuple(UNENCODABLE) as error:
            raise refusal_of(record, error) from None
        named_by = NamedBy.CONTENT if named.named_by is NamedBy.NOTHING else named.named_by
        return Entry(
            payload, mapped.user, counts_again=True, name=named.name, raw=raw, named_by=named_by
        )
