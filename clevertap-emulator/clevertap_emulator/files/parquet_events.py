"""Parquet files of events: maps of structs, one member for each kind of value [LF].

Loads pyarrow. Columns are made whole: what users and templates have in common is made once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa

from clevertap_emulator.files.eventbridge import moment
from clevertap_emulator.files.members import MEMBERS, held
from clevertap_emulator.files.parquet_types import IDENTITIES, TEXT, ColumnTypes, file_of
from clevertap_emulator.files.rows import Blocks, keep, unique_of
from clevertap_emulator.files.settings import ParquetLayout
from clevertap_emulator.files.values import raw

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from zoneinfo import ZoneInfo

    from clevertap_emulator.data.events import StoredEvent
    from clevertap_emulator.files.columns import ChosenColumns
    from clevertap_emulator.files.rows import UserRow, Users
    from clevertap_emulator.files.settings import ExportSettings
    from clevertap_emulator.files.values import JsonObject

ROWS_AT_A_TIME = 50_000
Pairs = list[tuple[str, Any]]


class UserPairs(NamedTuple):
    """The columns of a user on a device."""

    identity: Pairs
    device: Pairs
    profile: Pairs
    control_group: str | None


class ParquetEvents:
    """Writes events as Parquet."""

    def __init__(
        self, users: Users, columns: ChosenColumns, settings: ExportSettings, zone: ZoneInfo
    ) -> None:
        self._users = users
        self._columns = columns
        self._settings = settings
        self._zone = zone
        self._layout = settings.parquet_layout
        self._types = ColumnTypes(self._layout)
        self._blocks = Blocks()
        self._minutes: dict[int, int] = {}
        self._known_users: dict[tuple[int, int], UserPairs] = {}

    def content(self, key: str, name: str, events: Sequence[StoredEvent]) -> Iterator[bytes]:
        """Yield the bytes of a file."""
        has_session = any(self._blocks.session(event) for event in events)
        starts = range(0, len(events), ROWS_AT_A_TIME)
        tables = (
            self._table(key, name, events[start : start + ROWS_AT_A_TIME], has_session=has_session)
            for start in starts
        )
        is_compliant = self._layout is not ParquetLayout.LIST
        yield from file_of(tables, self._settings.parquet_pages, is_compliant=is_compliant)

    def _table(
        self, key: str, name: str, events: Sequence[StoredEvent], *, has_session: bool
    ) -> pa.Table:
        times = [self._epoch(event.ts) for event in events]
        columns = {
            "eventName": pa.array([name] * len(events), TEXT),
            "eventTime": pa.array(map(str, times), TEXT),
            **self._of_users(events),
            "eventProps": self._props(events),
        }
        if self._layout is ParquetLayout.OTHER:
            del columns["eventTime"]
            columns["ts"] = pa.array([event.ts for event in events], pa.int64())
        if has_session:
            columns["sessionProps"] = self._sessions(events)
        return pa.table(self._columns.flat(columns, key))

    def _of_users(self, events: Sequence[StoredEvent]) -> dict[str, pa.Array]:
        places: dict[tuple[int, int], int] = {}
        at = [places.setdefault((each.person, each.device), len(places)) for each in events]
        users = [self._known_users.get(place) or self._user(place) for place in places]
        indexes = pa.array(at, pa.int32())
        columns = {
            "identity": self._types.column([user.identity for user in users], IDENTITIES),
            "deviceInfo": self._types.column([user.device for user in users], self._types.values),
            "profile": self._types.column([user.profile for user in users], self._types.values),
            "controlGroupName": pa.array([user.control_group for user in users], TEXT),
        }
        return {name: column.take(indexes) for name, column in columns.items()}

    def _user(self, place: tuple[int, int]) -> UserPairs:
        user = self._columns.user(self._users.row(*place))
        device, profile = (
            self._pairs({name: raw(value) for name, value in fields.items()})
            for fields in (device_of(user), profile_of(user))
        )
        pairs = UserPairs(_identities(user), device, profile, user.control_group)
        return keep(self._known_users, place, pairs)

    def _pairs(self, block: JsonObject) -> Pairs:
        members = MEMBERS[self._layout]
        found = ((name, held(value, members)) for name, value in block.items())
        return [(name, at and {at.member: at.value}) for name, at in found]

    def _sessions(self, events: Sequence[StoredEvent]) -> pa.Array:
        blocks = [
            self._columns.kept("sessionProps", self._blocks.session(event)) for event in events
        ]
        rows = [None if block is None else self._pairs(block) for block in blocks]
        return self._types.column(rows, self._types.values)

    def _props(self, events: Sequence[StoredEvent]) -> pa.Array:
        """Return the properties: those of templates, and the unique one behind them."""
        kept: dict[int, range | None] = {}
        pairs: Pairs = []
        for event in events:
            if id(event.template) not in kept:
                block = self._columns.kept("eventProps", self._blocks.fixed(event))
                start = len(pairs)
                pairs += self._pairs(block or {})
                kept[id(event.template)] = None if block is None else range(start, len(pairs))
        unique = self._unique(events)
        offsets: list[int | None] = []
        chosen: list[int] = []
        following = len(pairs)
        for event in events:
            own = kept[id(event.template)]
            offsets.append(None if own is None else len(chosen))
            chosen.extend(own or ())
            if event.unique and unique is not None:
                chosen.append(following)
                following += 1
        offsets.append(len(chosen))
        keys = pa.array([name for name, _ in pairs], TEXT)
        values = pa.array([value for _, value in pairs], self._types.values)
        if unique is not None:
            keys = pa.concat_arrays([keys, unique[0]])
            values = pa.concat_arrays([values, unique[1]])
        indexes = pa.array(chosen, pa.int32())
        return self._types.from_offsets(offsets, keys.take(indexes), values.take(indexes))

    def _unique(self, events: Sequence[StoredEvent]) -> tuple[pa.Array, pa.Array] | None:
        """Return the names and values of the unique properties, all of one name."""
        first = next((event for event in events if event.unique), None)
        if first is None:
            return None
        ((name, _),) = unique_of(first).items()
        if self._columns.kept("eventProps", {name: raw(None)}) in (None, {}):
            return None
        numbers = [int(each.unique.rpartition(b":")[2]) for each in events if each.unique]
        keys = pa.array([name] * len(numbers), TEXT)
        member = MEMBERS[self._layout].integer
        arrays = [
            pa.array(numbers, field.type)
            if field.name == member
            else pa.nulls(len(numbers), field.type)
            for field in self._types.values
        ]
        return keys, pa.StructArray.from_arrays(arrays, fields=[*self._types.values])

    def _epoch(self, ts: int) -> int:
        minute, second = divmod(ts, 100)
        found = self._minutes.get(minute)
        if found is None:
            found = self._minutes[minute] = int(moment(minute * 100, self._zone).timestamp())
        return found + second


def _identities(user: UserRow) -> Pairs:
    """Return the identities of a user, of which one is a list."""
    profile = user.profile
    texts = {"clevertapId": profile.get("objectId"), "identity": profile.get("identity")}
    pairs: Pairs = [(name, {"member0": text}) for name, text in texts.items() if text is not None]
    listed = profile.get("all_identities")
    return [*pairs, ("all_identities", {"member1": listed})] if listed else pairs


def device_of(user: UserRow) -> dict[str, Any]:
    """Return what is known of a device, its dimensions among it."""
    known = {"platform": user.profile.get("platform"), **user.device}
    known["token"] = user.profile.get("push_token")
    known |= known.pop("dimensions", {})
    return {name: value for name, value in known.items() if value is not None}


def profile_of(user: UserRow) -> dict[str, Any]:
    """Return what is known of a user, but for the identities."""
    names = ("name", "email", "phone")
    return {name: user.profile[name] for name in names if name in user.profile}
