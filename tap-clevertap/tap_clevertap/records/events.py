"""Records of the events stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeAlias

from msgspec import Struct
from msgspec.structs import asdict

from tap_clevertap.records.errors import BadRowError
from tap_clevertap.records.event_time import event_time, hour_of
from tap_clevertap.records.keys import event_key, fingerprint_of_values, fingerprint_prefix
from tap_clevertap.records.rows import Record, Row, read_rows, rows_as_sent
from tap_clevertap.records.values import as_object, as_text, as_texts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from zoneinfo import ZoneInfo

    from tap_clevertap.records.rows import BadRowSink

Number: TypeAlias = "Callable[[Sequence[bytes], Sequence[int]], Sequence[int | None]]"
"""Numbers rows, None for one to leave out. The arguments are their fingerprints, and the hours of
their `ts`; see `DuplicateNumbering.number`."""

KEYS_OF_USER = (
    "objectId",
    "identity",
    "all_identities",
    "name",
    "email",
    "phone",
    "platform",
    "profileData",
    "events",
    "id",
)
"""Keys of the profile block that are not of the app; the last two become no field."""
ABSENT = (None,) * len(KEYS_OF_USER)


class UserFields(Struct, gc=False):
    """The fields of an event that are about its user; `app` is about the device and the app."""

    object_id: str | None
    identity: str | None
    all_identities: list[str | None] | None
    name: str | None
    email: str | None
    phone: str | None
    platform: str | None
    profile_data: Record | None
    app: Record | None


class MoreColumns(Protocol):
    """Makes columns of the properties of an event; see `TypedColumns`."""

    def values(self, props: Record | None) -> Record:
        """Return the value of each column."""

    def encode(self, blocks: Sequence[Record | None]) -> list[bytes]:
        """Return the columns of some rows as JSON, with a comma before each."""


class EventStream(NamedTuple):
    """An event, the stream of its records, and the columns that they have of their own."""

    name: str
    stream: str = "events"
    columns: MoreColumns | None = None


class PageContext(NamedTuple):
    """Whose event the rows of a page are, and what receives its bad rows."""

    account_id: str
    event_name: str
    zone: ZoneInfo
    bad_rows: BadRowSink
    columns: MoreColumns | None = None


def event_records(
    rows: memoryview | bytes, number: Number, context: PageContext
) -> Iterator[Record]:
    """Yield the records of a page.

    Args:
        rows: A JSON list, as sent.
        number: Numbers rows, or tells to leave them out.
        context: Of the page.
    """
    sent: list[Any] = []
    prefix = fingerprint_prefix(context.account_id, context.event_name)
    for position, row in enumerate(read_rows(rows, context.bad_rows)):
        fingerprint = row_fingerprint(prefix, row)
        (ordinal,) = number([fingerprint], [hour_of(row.ts)])
        if ordinal is None:
            continue
        key = event_key(fingerprint, ordinal)
        try:
            record = event_record(
                row, key=key, event_name=context.event_name, ordinal=ordinal, zone=context.zone
            )
        except BadRowError as fault:
            sent = sent or rows_as_sent(rows, context.bad_rows)
            context.bad_rows.collect(sent[position], str(fault))
        else:
            if context.columns is not None:
                props = row.event_props
                record |= context.columns.values(props if isinstance(props, dict) else None)
            yield record


def row_fingerprint(prefix: bytes, row: Row) -> bytes:
    """Return the fingerprint of a row.

    Args:
        prefix: Of the event, from `fingerprint_prefix`.
        row: As sent.
    """
    return fingerprint_of_values(
        prefix,
        object_id=(row.profile or {}).get("objectId", row.object_id),
        ts=row.ts,
        event_props=row.event_props,
        session_props=row.session_props,
    )


def event_record(row: Row, *, key: str, event_name: str, ordinal: int, zone: ZoneInfo) -> Record:
    """Return the record of a row.

    Raises:
        BadRowError: If its `ts` is not a time.
    """
    session_props = as_object(row.session_props)
    top_level = {
        "objectId": row.object_id,
        "identity": row.identity,
        "profileData": row.profile_data,
    }
    return {
        "event_key": key,
        "event_name": event_name,
        "event_time": event_time(row.ts, zone),
        "ts": int(row.ts),
        "occurrence": ordinal,
        "event_props": as_object(row.event_props),
        "session_props": session_props,
        "session_source": as_text((session_props or {}).get("session_source", row.session_source)),
        **asdict(user_fields({**top_level, **(row.profile or {})})),
    }


def user_fields(profile: Record) -> UserFields:
    """Return the fields of an event that its profile block has.

    Args:
        profile: The block, as sent; it is changed. What is not about the user becomes `app`.
    """
    object_id, identity, all_identities, name, email, phone, platform, profile_data, _, _ = map(
        profile.pop, KEYS_OF_USER, ABSENT
    )
    return UserFields(
        object_id if type(object_id) is str else as_text(object_id),
        identity if type(identity) is str else as_text(identity),
        as_texts(all_identities),
        name if type(name) is str else as_text(name),
        email if type(email) is str else as_text(email),
        phone if type(phone) is str else as_text(phone),
        platform if type(platform) is str else as_text(platform),
        as_object(profile_data),
        profile or None,
    )
