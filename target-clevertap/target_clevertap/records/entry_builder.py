"""How records become entries."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import repeat
from typing import TYPE_CHECKING, Any

from target_clevertap.ledger.naming import Namer
from target_clevertap.records import values
from target_clevertap.records.column_mapping import ColumnMapping
from target_clevertap.records.deletions import Deletions
from target_clevertap.records.encoding_faults import UNENCODABLE, refusal_of
from target_clevertap.records.endpoints import endpoint_of
from target_clevertap.records.entries import Entry
from target_clevertap.records.errors import RecordRefusedError
from target_clevertap.records.fixing import FixingMapping
from target_clevertap.records.mapping import RuleMapping
from target_clevertap.records.only_if import OnlyIf
from target_clevertap.records.row_deletions import RowDeletions
from target_clevertap.records.rule_mappings import rule_mapping
from target_clevertap.records.shaped_mapping import KindMapping, ShapedMapping
from target_clevertap.records.tap_columns import is_tap_events, is_tap_profiles
from target_clevertap.records.tap_events import TapEventMapping
from target_clevertap.records.tap_profiles import TapProfileMapping
from target_clevertap.records.user_calls import AddressMapping, DeleteMapping, TokenMapping

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping, Sequence

    from target_clevertap.ledger.naming import Naming
    from target_clevertap.records.mapping import RecordMapping, RecordUser
    from target_clevertap.records.record_status import RecordStatus
    from target_clevertap.rules.rule import Rule
    from target_clevertap.singer.columns import Columns

    Record = Mapping[str, Any]

FEW = 8
"""Fewer records than these take less time one by one than column by column."""


@dataclass(frozen=True, slots=True)
class RecordSpec:
    """All that is to be known for an entry builder."""

    stream: str
    """Its name, as it came in."""

    rule: Rule | None
    columns: Columns
    """What its SCHEMA says of its columns."""

    keys: tuple[str, ...]
    """The columns that tell its records apart."""

    naming: Naming | None
    """How the ledger names its records; None without a ledger."""

    record_bytes: int
    """Bytes of an encoded record at most."""


class EntryBuilder:
    """Makes entries of a stream's records."""

    def __init__(
        self, spec: RecordSpec, mapping: RecordMapping, count: Callable[[bytes], int] | None = None
    ) -> None:
        """Make entries from now on.

        Args:
            spec: For the stream.
            mapping: Of its records; `mapping_of` the spec.
            count: Of equal rows, as `Namer` takes it.
        """
        self.spec = spec
        self._map = mapping
        self._record_bytes = spec.record_bytes
        self._namer = None if spec.naming is None else Namer(spec.naming, count)
        self._by_columns = (
            ColumnMapping(mapping)
            if isinstance(mapping, RuleMapping) and mapping.maps_by_columns
            else None
        )
        fixing = (FixingMapping, KindMapping, ShapedMapping)
        self.fixes = mapping.fixes if isinstance(mapping, fixing) else None
        """Values that were fixed since somebody counted them, by kind; None where none are."""

        self.endpoint = endpoint_of(spec.rule)
        """Where its records are sent, but for deletions of deleted rows."""

        self.row_deletions: RowDeletions | None = None
        """Deletes users of deleted rows; None where these are not sent."""

        if spec.rule is not None and spec.rule.on_deleted == "delete":
            self.row_deletions = RowDeletions(spec.rule, spec.columns, spec.naming, count)
        self._needed = _needed_keys(spec)
        only_if = None if spec.rule is None else spec.rule.only_if
        self.only_if = None if only_if is None else OnlyIf(only_if)
        """Tells which records are sent; None where all are."""

        self.tap_event_name = mapping.event_name if isinstance(mapping, TapEventMapping) else None
        """Returns the name of an event of tap-clevertap; None for records of other kinds."""

        self._deletions = Deletions()
        self.is_deleted = self._deletions.marks
        """Tells whether a record is a row that was deleted at the source: it is not sent."""

        self.long_lists = mapping.plans.long_lists if isinstance(mapping, RuleMapping) else None
        """The columns so far of whose lists CleverTap drops the oldest values; added to."""

        self.left_out = _left_out(mapping)
        """The first columns that records brought and the SCHEMA forbids; added to."""

    def record_user(self, record: dict[str, Any]) -> RecordUser | None:
        """Return the user that a record may create; None where it creates none.

        Args:
            record: After its stream map.

        Raises:
            RecordRefusedError: When it has no user that CleverTap would take.
        """
        try:
            return self._map.record_user(record)
        except tuple(UNENCODABLE) as error:
            raise refusal_of(record, error) from None

    def missing_key(self, columns: Container[str]) -> str | None:
        """Return the first column of the key that a record lacks and cannot do without.

        Args:
            columns: Of the record, or the record.
        """
        for key in self._needed:
            if key not in columns:
                return key
        return None

    def entries(
        self, records: Sequence[dict[str, Any]], raws: Sequence[bytes]
    ) -> tuple[list[Entry], list[tuple[bytes, RecordStatus]]]:
        """Return records ready to send, and those that CleverTap would not take, with the reasons.

        Args:
            records: With all columns of the key.
            raws: The records as they came in.
        """
        if len(records) >= FEW and (found := self._usual_entries(records, raws)) is not None:
            return found, []
        entries: list[Entry] = []
        refused: list[tuple[bytes, RecordStatus]] = []
        for record, raw in zip(records, raws, strict=True):
            try:
                entries.append(self.entry(record, raw))
            except RecordRefusedError as refusal:  # noqa: PERF203 - each record has its own
                refused.append((raw, refusal.status))
        return entries, refused

    def _usual_entries(
        self, records: Sequence[dict[str, Any]], raws: Sequence[bytes]
    ) -> list[Entry] | None:
        """Return records ready to send; None where one is not usual, or refused."""
        namer = self._namer
        if self._by_columns is None or (namer is not None and namer.counts):
            return None
        try:
            if (mapped := self._by_columns(records)) is None:
                return None
            payloads = [*map(values.encode, mapped.bodies)]
            if max(map(len, payloads)) > self._record_bytes:
                return None
            users, counts_again = mapped.users, repeat(mapped.counts_again)
            if namer is None or not mapped.counts_again:
                return [*map(Entry, payloads, users, counts_again, repeat(None), raws)]
            names = namer.names(records, payloads)
        except (RecordRefusedError, UnicodeEncodeError, RecursionError):
            return None
        named = (names.names, raws, names.formers, names.named_by)
        return [*map(Entry, payloads, users, counts_again, *named)]

    def entry(
        self,
        record: dict[str, Any],
        raw: bytes,
        incoming: Record | None = None,
        rejected_at: str | None = None,
    ) -> Entry:
        """Return a record ready to send.

        Args:
            record: With all columns of the key.
            raw: The record as it came in.
            incoming: The same, decoded, where stream maps changed it since.
            rejected_at: Of a record that is sent again out of the rejects file.

        Raises:
            RecordRefusedError: When CleverTap would not take it.
        """
        try:
            mapped = self._map(record)
            counts_again = mapped.counts_again
            payload = values.encode(mapped.body)
            if len(payload) > self._record_bytes:
                raise _too_large(payload)
            if self._namer is None or not counts_again:
                return Entry(payload, mapped.user, counts_again, None, raw)
            named = self._namer.name(record, incoming or record, payload, rejected_at)
        except tuple(UNENCODABLE) as error:
            raise refusal_of(record, error) from None
        return Entry(
            payload, mapped.user, counts_again, named.name, raw, named.former, named.named_by
        )


def _left_out(mapping: RecordMapping) -> list[str]:
    if isinstance(mapping, RuleMapping):
        return mapping.plans.left_out
    return mapping.left_out if isinstance(mapping, (KindMapping, ShapedMapping)) else []


def _too_large(payload: bytes) -> RecordRefusedError:
    reason = f"{len(payload)} bytes, more than max_request_bytes allows"
    return RecordRefusedError("too_large", reason)


def _needed_keys(spec: RecordSpec) -> tuple[str, ...]:
    """Return the columns of the key that no record may lack.

    A profile is known by its user: where sending it twice does no harm, some taps' habit of naming
    a key that they do not send does none either.
    """
    rule = spec.rule
    if rule is None or rule.counts_again:
        return spec.keys
    return tuple(key for key in spec.keys if key == rule.identity)


def mapping_of(
    rule: Rule | None, columns: Columns, *, has_bookmark: bool = False
) -> RecordMapping | None:
    """Return how a stream's records are mapped: by its rule, or as those of tap-clevertap.

    Args:
        rule: Its rule, if there is one.
        columns: What its SCHEMA says of its columns.
        has_bookmark: Whether a row that is sent again is known by its bookmark.
    """
    if rule is not None and rule.is_call_or_token:
        return _mapping_of_kind(rule, columns, has_bookmark=has_bookmark)
    if rule is not None and rule.shape is not None:
        return (KindMapping if rule.shape.kinds else ShapedMapping)(rule, columns)
    if rule is not None:
        return rule_mapping(rule, columns)
    if is_tap_events(columns.listed):
        return TapEventMapping(columns.listed)
    return TapProfileMapping(columns.listed) if is_tap_profiles(columns.listed) else None


def _mapping_of_kind(rule: Rule, columns: Columns, *, has_bookmark: bool) -> RecordMapping:
    if rule.type == "token":
        return TokenMapping(rule, columns)
    if rule.type == "delete":
        return DeleteMapping(rule, columns)
    return AddressMapping(rule, columns, counts_again=has_bookmark)
