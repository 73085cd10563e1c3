"""Which profiles of a stream are to be sent: those that differ from what was delivered last."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import repeat
from typing import TYPE_CHECKING, Any

import msgspec
from typing_extensions import override

from target_clevertap.records.entries import ProfileChange
from target_clevertap.records.errors import RecordRefusedError
from target_clevertap.records.exact_json import UNREADABLE, known_number
from target_clevertap.records.mapping import RuleMapping
from target_clevertap.records.shaped_mapping import ShapedMapping

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from target_clevertap.ledger.profile_hashes import ProfileHashes
    from target_clevertap.ledger.profiles import DeliveredProfiles
    from target_clevertap.records.entries import Entry


EVENT_END = b',"type":"event"}'
"""The end of an encoded event, whose keys are sorted."""

_decode_record = msgspec.json.Decoder(dict[str, Any], float_hook=known_number).decode
"""Refuses a row that is not an object: the run ends where it is taken."""


class UserKeys:
    """Finds the users of records by a rule, without reading all of a record."""

    def __init__(self, mapping: RuleMapping) -> None:
        """Find users from now on.

        Args:
            mapping: By the rule.
        """
        self._column = mapping.rule.identity
        self._identity, self._prefix = mapping.identity, mapping.user_prefix
        self._read = _reader(self._column)

    def of_row(self, raw: bytes) -> str | None:
        """Return the user key with its type; None where a row has none that can be sent."""
        try:
            return self._prefix + self._identity(self._read(raw))
        except (RecordRefusedError, *UNREADABLE):
            return None

    def of_record(self, record: Mapping[str, Any]) -> str | None:
        """Return the same of a record."""
        try:
            return self._prefix + self._identity(record.get(self._column))
        except RecordRefusedError:
            return None


class ShapedUserKeys(UserKeys):
    """Finds the users of records in any shape."""

    def __init__(self, mapping: ShapedMapping) -> None:
        """Find users from now on.

        Args:
            mapping: By the rule.
        """
        self._user_key = mapping.user_key

    @override
    def of_row(self, raw: bytes) -> str | None:
        try:
            return self._user_key(_decode_record(raw))
        except (RecordRefusedError, *UNREADABLE):
            return None

    @override
    def of_record(self, record: Mapping[str, Any]) -> str | None:
        try:
            return self._user_key(dict(record))
        except RecordRefusedError:
            return None


def user_keys(mapping: object) -> UserKeys | None:
    """Return what finds the users of a mapping whose rule sends only profiles that changed."""
    if isinstance(mapping, RuleMapping) and mapping.rule.changes_only:
        return UserKeys(mapping)
    if isinstance(mapping, ShapedMapping) and mapping.rule.changes_only:
        return ShapedUserKeys(mapping)
    return None


def _reader(column: str) -> Callable[[bytes], Any]:
    """Return what reads one column of a row."""
    fields: list[tuple[str, Any, Any]] = [("value", Any, msgspec.field(default=None, name=column))]
    try:
        made = msgspec.defstruct("Row", fields, gc=False)
    except ValueError:  # of a name that has to be escaped in JSON
        return lambda raw: _decode_record(raw).get(column)
    decode = msgspec.json.Decoder(made, float_hook=known_number).decode
    return lambda raw: decode(raw).value  # type: ignore[attr-defined]  # the one field it has


@dataclass(frozen=True, slots=True)
class ChangedProfiles:
    """Tells the profiles of a branch that changed from those that did not.

    Only the reading thread calls its methods.
    """

    hashes: ProfileHashes
    profiles: DeliveredProfiles
    users: UserKeys | None
    """Of the branch's rule; None where its profiles are sent whether they changed or not."""

    @property
    def expects_few(self) -> bool:
        """Whether few profiles are likely to be sent, as earlier runs sent some."""
        return self.users is not None and self.profiles.is_of_earlier_runs

    def is_delivered(self, raws: Sequence[bytes]) -> list[bool]:
        """Tell which rows are certainly those that were delivered last.

        Args:
            raws: As they came in, and as they are mapped.
        """
        if self.users is None or not self.profiles.is_used:
            return [False] * len(raws)
        rows = self.hashes.rows(raws)
        known = self.profiles.known_rows(rows)
        if known is None:
            return self.profiles.is_delivered(self._users_of(self.users, raws), rows)
        changed = [raw for raw, is_known in zip(raws, known, strict=True) if not is_known]
        if not changed or len(changed) == len(raws):
            return known
        # a row that was delivered last is old where another of its user comes before it
        doubtful = self.profiles.rows_of(self._users_of(self.users, changed))
        if doubtful.isdisjoint(rows):
            return known
        return [is_known and row not in doubtful for is_known, row in zip(known, rows, strict=True)]

    def _users_of(self, users: UserKeys, raws: Sequence[bytes]) -> list[int]:
        return self.hashes.users([user or "" for user in map(users.of_row, raws)])

    def accepted(
        self, entries: Sequence[Entry], *, is_replay: bool = False, is_plain: bool = False
    ) -> list[Entry]:
        """Return the entries that are to be sent, with what the ledger is to know of them.

        Args:
            entries: Of profiles, in their order.
            is_replay: Whether the user sends them again on purpose.
            is_plain: Whether their rows are mapped as they came in.
        """
        if self.users is None:
            return self._noted(entries)
        changes = self._changes(entries, is_plain=is_plain)
        accepted = self.profiles.accept(changes, is_replay=is_replay)
        return [
            msgspec.structs.replace(entry, change=change)
            for entry, change, is_sent in zip(entries, changes, accepted, strict=True)
            if is_sent
        ]

    def _noted(self, entries: Sequence[Entry]) -> list[Entry]:
        """Return entries, all of which are sent; there may be events among them."""
        changes = [
            None if entry.payload.endswith(EVENT_END) else ProfileChange(user)
            for entry, user in zip(
                entries, self.hashes.users([entry.user for entry in entries]), strict=True
            )
        ]
        self.profiles.accept([each for each in changes if each is not None], is_replay=True)
        return [
            entry if change is None else msgspec.structs.replace(entry, change=change)
            for entry, change in zip(entries, changes, strict=True)
        ]

    def refuse_rows(self, raws: Iterable[bytes]) -> None:
        """Let rows that our own checks refused count as changed when they come again."""
        if self.users is not None:
            self._forget(map(self.users.of_row, raws))

    def refuse(self, record: Mapping[str, Any]) -> None:
        """Let a record that our own checks refused count as changed when it comes again."""
        if self.users is not None:
            self._forget([self.users.of_record(record)])

    def _forget(self, users: Iterable[str | None]) -> None:
        if found := [user for user in users if user is not None]:
            self.profiles.forget(self.hashes.users(found))

    def _changes(self, entries: Sequence[Entry], *, is_plain: bool) -> list[ProfileChange]:
        users = self.hashes.users([entry.user for entry in entries])
        sent = self.hashes.sent([entry.payload for entry in entries])
        rows = self.hashes.rows([entry.raw for entry in entries]) if is_plain else repeat(None)
        return [
            ProfileChange(user) if entry.counts_again else ProfileChange(user, row, profile)
            for entry, user, profile, row in zip(entries, users, sent, rows, strict=False)
        ]
