"""What the ledger knows a record by: its account, its stream, its key, and what tells it apart."""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import blake2b
from itertools import repeat
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from target_clevertap.ledger.former.naming import FormerNames
from target_clevertap.records.entries import NAME_BYTES, NamedBy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from target_clevertap.ledger.profiles import DeliveredProfiles
    from target_clevertap.rules.rule import Rule

    Record = Mapping[str, Any]

EVENT_KEY = "event_key"
"""The key of tap-clevertap's events, which is a hash of all that makes an event that event."""
TAP_KEY = re.compile("[0-9a-f]{32}", re.IGNORECASE).fullmatch
"""Finds a key that is a hash, as tap-clevertap makes it. Any other counts the rows of one table,
`7` or `order-7`, and says nothing about those of another."""
LOADER_PREFIX = "_sdc_"
CONTENT = NamedBy.CONTENT
KINDS = (b"content", b"bookmark", b"number", b"replayed")

_encoder = msgspec.json.Encoder(decimal_format="number", order="sorted")
encode, encode_lines = _encoder.encode, _encoder.encode_lines


@dataclass(frozen=True, slots=True)
class LedgerFacts:
    """What names depend on that only the open ledger knows."""

    account: str
    """The binding of account and host, from `account.binding`."""

    holds_former: bool
    """Whether names of an earlier release are to be looked up."""

    generation: Callable[[str, str | None], int]
    """How many runs that sent a stream ended well; of the stream and its alias."""

    count: Callable[[bytes], int]
    """How often equal rows came by now in this run, from 1."""

    profiles: DeliveredProfiles | None = None
    """Which profile of each user was delivered last."""


@dataclass(frozen=True, slots=True)
class FormerNaming:
    """What the names of earlier releases were made of, besides stream and key."""

    rule: Rule | None
    properties: dict[str, Any]
    """The columns' JSON schemas by name, as the SCHEMA holds them."""


@dataclass(frozen=True, slots=True)
class Naming:
    """All that is to be known to name the records of a stream."""

    account: str
    """The binding of account and host, from `account.binding`."""

    stream: str
    """Its name, as it came in."""

    alias: str | None
    """The name that a stream map gave it, where that is another one."""

    keys: tuple[str, ...]
    type: str
    """Of its CleverTap records: event or profile."""

    has_time: bool
    """Whether each of these has a time."""

    bookmarks: tuple[str, ...] = ()
    """The columns of its bookmark, as they come in."""

    is_numbered: bool = False
    """Whether equal rows without a bookmark are new ones: `equal_rows: new`."""

    generation: int = 0
    """How many runs that sent such rows have ended well."""

    former: FormerNaming | None = None
    """None where the ledger holds no names of an earlier release."""

    @property
    def is_by_key(self) -> bool:
        """Whether the key alone names a record: that of tap-clevertap's events."""
        return [key.casefold() for key in self.keys] == [EVENT_KEY]


class Name(msgspec.Struct, frozen=True, gc=False):
    """A record's name in the ledger."""

    name: bytes
    named_by: NamedBy
    former: bytes | None


class Names(NamedTuple):
    """The names of many records, each field with one for each record."""

    names: Sequence[bytes]
    named_by: Iterable[NamedBy]
    formers: Iterable[bytes | None]


class Namer:
    """Names the records of a stream."""

    def __init__(self, naming: Naming, count: Callable[[bytes], int] | None = None) -> None:
        """Name records from now on.

        Args:
            naming: Of the stream.
            count: Says how often equal rows came by now in this run, from 1; needed where
                `naming` is numbered.

        Raises:
            ValueError: When it is needed and missing.
        """
        if naming.is_numbered and count is None:
            message = "equal rows have to be counted"
            raise ValueError(message)
        self._naming = naming
        self._count = count if naming.is_numbered else None
        self._keyed = blake2b(digest_size=NAME_BYTES, key=naming.account.encode())
        self._begun = {kind: self._begin(kind) for kind in KINDS}
        self._stream, self._keys = naming.stream, naming.keys
        self._is_by_key = naming.is_by_key
        self._is_by_content = naming.has_time and naming.type == "event"
        former = naming.former
        self._former = (
            None
            if former is None
            else FormerNames(naming.stream, naming.keys, former.rule, former.properties)
        )

    def name(
        self,
        record: dict[str, Any],
        incoming: Record,
        payload: bytes,
        rejected_at: str | None = None,
    ) -> Name:
        """Return a record's name.

        Args:
            record: With all columns of the key.
            incoming: As it came in, before stream maps: these may leave out the bookmark.
            payload: The CleverTap record, encoded.
            rejected_at: Of a record that is sent again out of the rejects file.

        Raises:
            UnicodeEncodeError: For half a surrogate pair in a key.
            RecursionError: For a key that is nested too deeply.
        """
        told: list[Any] = [self._stream]
        for key in self._keys:
            told.append(record.get(key))  # noqa: PERF401 - a list of its own would be a call more
        former = None if self._former is None else self._former.name(record)
        if self._is_by_key and _is_key(told[1]):
            return Name(self._by_key(told[1]), NamedBy.KEY, former)
        if self._is_by_content:
            return Name(self._hash(b"content", told, payload), CONTENT, former)
        bookmark = self._bookmark(incoming)
        if bookmark is not None:
            name = self._hash(b"bookmark", [*told, bookmark], payload)
            return Name(name, NamedBy.BOOKMARK, former)
        name = self._hash(b"content", told, payload)
        if self._count is None:
            return Name(name, NamedBy.NOTHING, former)
        return Name(self._numbered(name, self._count, rejected_at), NamedBy.NUMBER, former)

    def names(self, records: Sequence[dict[str, Any]], payloads: Sequence[bytes]) -> Names:
        """Return the names of records as they came in.

        Args:
            records: As for `name`, and not to be numbered: of a fault in one nobody would know
                which of them were counted.
            payloads: The CleverTap records, encoded.
        """
        if self._is_by_key or not self._is_by_content:
            found = [*map(self.name, records, records, payloads)]
            return Names(
                [each.name for each in found],
                [each.named_by for each in found],
                [each.former for each in found],
            )
        keys = [[record.get(key) for record in records] for key in self._keys]
        told = zip(repeat(self._stream, len(records)), *keys, strict=True)
        copy = self._begun[b"content"].copy
        names = []
        for told_line, payload in zip(encode_lines([*told]).splitlines(), payloads, strict=True):
            digest = copy()
            digest.update(b"%b\0%b" % (told_line, payload))
            names.append(digest.digest())
        former = self._former
        formers = repeat(None) if former is None else map(former.name, records)
        return Names(names, repeat(CONTENT), formers)

    @property
    def counts(self) -> bool:
        """Whether a name says how many equal ones came before."""
        return self._count is not None

    def _numbered(
        self, name: bytes, count: Callable[[bytes], int], rejected_at: str | None
    ) -> bytes:
        """Return the name of one of equal rows.

        Rejects are sent again between two runs, one of which may go on with what the other began:
        so they are counted apart from the rows of the tap.
        """
        if rejected_at is None:
            told = [self._stream, self._naming.generation, count(name)]
            return self._hash(b"number", told, name)
        replayed = self._hash(b"replayed", [self._stream, rejected_at], name)
        return self._hash(b"number", [self._stream, count(replayed)], replayed)

    def _bookmark(self, incoming: Record) -> list[Any] | None:
        """Return the values of the bookmark's columns, or None where all are null or missing."""
        found = [_loaded(incoming, column) for column in self._naming.bookmarks]
        return found if any(value is not None for value in found) else None

    def _by_key(self, key: Any) -> bytes:  # noqa: ANN401 - any JSON value
        is_hash = isinstance(key, str) and TAP_KEY(key)
        stream = None if is_hash else self._naming.stream
        digest = self._keyed.copy()
        digest.update(encode(["key", self._naming.type, self._naming.alias, stream, key]))
        return digest.digest()

    def _begin(self, kind: bytes) -> blake2b:
        digest = self._keyed.copy()
        digest.update(b"%b\0" % kind)
        return digest

    def _hash(self, kind: bytes, told: Sequence[Any], payload: bytes) -> bytes:
        digest = self._begun[kind].copy()  # cheaper than to begin with the key each time
        digest.update(b"%b\0%b" % (encode(told), payload))
        return digest.digest()


def _is_key(value: Any) -> bool:  # noqa: ANN401 - any JSON value
    """Tell whether a value names a record: rows without one would all be one."""
    return bool(value.strip()) if isinstance(value, str) else value is not None


def _loaded(incoming: Record, column: str) -> Any:  # noqa: ANN401 - any JSON value
    """Return a column's value; log-based taps write the bookmark `lsn` as `_sdc_lsn`."""
    value = incoming.get(column)
    return incoming.get(LOADER_PREFIX + column) if value is None else value
