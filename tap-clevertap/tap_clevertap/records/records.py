"""What a record looks like: from the rows of a page to the fields of the streams, and their keys.

The keys are a promise: a changed algorithm would load every row of a warehouse a second time.

    fingerprint  BLAKE2b, 16 bytes, of the canonical JSON
                 [account, event name, object id, ts, event_props, session_props]
    event_key    BLAKE2b, 16 bytes, in hex, of the fingerprint followed by the ordinal in ASCII
    profile_key  BLAKE2b, 16 bytes, in hex, of the canonical JSON
                 [account, "identity", identity] or [account, "object_id", smallest object id]

Canonical JSON has sorted keys, no white space, UTF-8, integers and decimals with the digits that
were sent; an absent block, null and {} are all null. The profile block takes no part: it is
today's snapshot, not the state at the time of the event. [ING docs; APP]
"""

from __future__ import annotations

from datetime import datetime, timezone
from decimal import Decimal
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from tap_clevertap.api.outcomes import UNREADABLE, exact, mended
from tap_clevertap.errors import CleverTapError
from tap_clevertap.output.bad_rows import BadRowError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from zoneinfo import ZoneInfo

    from tap_clevertap.output.bad_rows import BadRows

Record = dict[str, Any]

KEY_BYTES = 16
FIRST_BEYOND_ALL_YEARS = 10**14
NOT_AN_OBJECT = "is not an object, or its profile is not"
NOT_OF_THE_APP = ("events", "id")
"""Keys of the profile block that become no field."""


class Row(msgspec.Struct, rename="camel"):
    """One row of an events page, as sent."""

    profile: Record | None = None
    ts: Any = None
    event_props: Any = msgspec.field(default=None, name="event_props")
    session_props: Any = msgspec.field(default=None, name="session_props")
    object_id: Any = None
    identity: Any = None
    profile_data: Any = None
    session_source: Any = msgspec.field(default=None, name="session_source")


canonical = msgspec.json.Encoder(order="sorted", decimal_format="number").encode
_decode_rows = msgspec.json.Decoder(list[Row] | None, float_hook=exact).decode
_decode_list = msgspec.json.Decoder(list[Any] | None, float_hook=exact).decode
_decode_profiles = msgspec.json.Decoder(list[Record] | None, float_hook=exact).decode


def read_rows(rows: bytes, bad: BadRows) -> list[Row]:
    """Return the rows of an events page, decoded.

    Raises:
        CleverTapError: If they are not a list, or a row is bad and ends the run.
    """
    decoded: list[Row] = _read(_decode_rows, Row, rows, bad)
    return decoded


def read_profiles(rows: bytes, bad: BadRows) -> list[Record]:
    """Return the rows of a profiles page, decoded.

    Raises:
        CleverTapError: If they are not a list, or a row is bad and ends the run.
    """
    profiles: list[Record] = _read(_decode_profiles, Record, rows, bad)
    return profiles


def _read(decode: Any, kind: Any, rows: bytes, bad: BadRows) -> Any:  # noqa: ANN401 - either decoder, either kind
    try:
        return decode(rows) or []
    except UNREADABLE:
        pass
    readable: list[Any] = []
    try:
        sent = _decode_list(mended(rows)) or ()
    except UNREADABLE:
        message = f"{bad.where}: a page's records are not a list; check that api_url is CleverTap's"
        raise CleverTapError(message) from None
    for row in sent:
        try:
            readable.append(msgspec.convert(row, kind))
        except msgspec.ValidationError:  # noqa: PERF203 - one odd row is not all of its page
            bad.add(row, NOT_AN_OBJECT)
    return readable


def _rows_as_sent(rows: bytes) -> list[Any]:
    """Return the rows of a page of which `read_rows` makes one each, with all that they hold."""
    try:
        sent = _decode_list(rows)
    except UNREADABLE:
        sent = _decode_list(mended(rows))
    return [row for row in sent or () if _is_row(row)]


def _is_row(value: Any) -> bool:  # noqa: ANN401 - any JSON value
    try:
        msgspec.convert(value, Row)
    except msgspec.ValidationError:
        return False
    return True


class Origin(NamedTuple):
    """Where the rows of an events page are from, and what takes the bad ones."""

    account_id: str
    event_name: str
    zone: ZoneInfo
    bad: BadRows


def event_records(
    rows: bytes, number: Callable[[bytes], int | None], origin: Origin
) -> Iterator[Record]:
    """Yield the records of the rows of a page that are to be emitted.

    Args:
        rows: As sent.
        number: Returns the ordinal of a fingerprint, or None for a row to be left out.
        origin: Where they are from.

    Raises:
        CleverTapError: If they are not a list, or a row is bad and ends the run.
    """
    sent: list[Any] = []
    for position, row in enumerate(read_rows(rows, origin.bad)):
        likeness = fingerprint(origin.account_id, origin.event_name, row)
        ordinal = number(likeness)
        if ordinal is None:
            continue
        try:
            record = event_record(
                row,
                key=event_key(likeness, ordinal),
                event_name=origin.event_name,
                ordinal=ordinal,
                zone=origin.zone,
            )
        except BadRowError as fault:
            sent = sent or _rows_as_sent(rows)
            origin.bad.add(sent[position], str(fault))
        else:
            yield record


def fingerprint(account_id: str, event_name: str, row: Row) -> bytes:
    """Return what identical events have in common; see the module's first lines."""
    profile = row.profile or {}
    parts = (
        account_id,
        event_name,
        profile.get("objectId", row.object_id),
        row.ts,
        row.event_props or None,
        row.session_props or None,
    )
    return blake2b(canonical(parts), digest_size=KEY_BYTES).digest()


def event_key(fingerprint_: bytes, ordinal: int) -> str:
    """Return the primary key of the ordinal-th of the identical events of a day."""
    return blake2b(fingerprint_ + b"%d" % ordinal, digest_size=KEY_BYTES).hexdigest()


def event_record(row: Row, *, key: str, event_name: str, ordinal: int, zone: ZoneInfo) -> Record:
    """Return a row as a record of the events stream.

    Raises:
        BadRowError: If its ts is not a moment.
    """
    session_props = as_object(row.session_props)
    beside = {
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
        "session_source": text((session_props or {}).get("session_source", row.session_source)),
        **user_fields({**beside, **(row.profile or {})}),
    }


def user_fields(profile: Record) -> Record:
    """Return the fields of an event that its profile block gives; it is used up.

    Args:
        profile: The block, as sent; what it holds beside the user is of the app and the device.
    """
    take = profile.pop
    fields = {
        "object_id": text(take("objectId", None)),
        "identity": text(take("identity", None)),
        "all_identities": texts(take("all_identities", None)),
        "name": text(take("name", None)),
        "email": text(take("email", None)),
        "phone": text(take("phone", None)),
        "platform": text(take("platform", None)),
        "profile_data": as_object(take("profileData", None)),
    }
    for key in NOT_OF_THE_APP:
        take(key, None)
    fields["app"] = profile or None
    return fields


def profile_record(profile: Record, *, account_id: str, seen_through: str) -> Record:
    """Return a row of a profiles page as a record of the profiles stream."""
    platforms = as_list(profile.get("platformInfo")) or []
    blocks = [profile, *(block for block in platforms if isinstance(block, dict))]
    object_ids = sorted(
        {text(block["objectId"]) or "" for block in blocks if block.get("objectId")}
    )
    identity = text(profile.get("identity"))
    return {
        "profile_key": profile_key(account_id, identity, object_ids, profile),
        "identity": identity,
        "object_ids": object_ids,
        "all_identities": texts(profile.get("all_identities")),
        "name": text(profile.get("name")),
        "email": text(profile.get("email")),
        "phone": text(profile.get("phone")),
        "profile_data": as_object(profile.get("profileData")),
        "platform_info": platforms,
        "events": as_object(profile.get("events")),
        "seen_through": seen_through,
    }


def profile_key(
    account_id: str, identity: str | None, object_ids: list[Any], profile: Record
) -> str:
    """Return the primary key of a profile; one without any id is keyed by all it holds."""
    if identity:
        parts = (account_id, "identity", identity)
    elif object_ids:
        parts = (account_id, "object_id", object_ids[0])
    else:
        parts = (account_id, "profile", canonical(profile).decode())
    return blake2b(canonical(parts), digest_size=KEY_BYTES).hexdigest()


def event_time(ts: Any, zone: ZoneInfo) -> str:  # noqa: ANN401 - whatever was sent
    """Return the instant of a ts, in UTC.

    Args:
        ts: yyyyMMddHHmmss, the project's wall clock. [APP; ING]
        zone: The project's time zone; a doubled hour is read as the first.

    Raises:
        BadRowError: If it is not a moment.
    """
    try:
        minutes, second = divmod(_whole(ts), 100)
        return f"{_minute(minutes, zone)}{_second(second):02}+00:00"
    except (TypeError, ValueError, OverflowError):
        message = "has a `ts` that is not a time (yyyyMMddHHmmss)"
        raise BadRowError(message) from None


def _whole(ts: Any) -> int:  # noqa: ANN401 - whatever was sent
    if isinstance(ts, Decimal) and ts.copy_abs() >= FIRST_BEYOND_ALL_YEARS:
        raise ValueError  # compared first: to make 1e99999999 an integer would take hours
    return int(ts)


@lru_cache(maxsize=4096)
def _minute(minutes: int, zone: ZoneInfo) -> str:
    rest, minute = divmod(minutes, 100)
    rest, hour = divmod(rest, 100)
    rest, day = divmod(rest, 100)
    year, month = divmod(rest, 100)
    local = datetime(year, month, day, hour, minute, tzinfo=zone)
    return local.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:")


def _second(second: int) -> int:
    if second > 60:  # noqa: PLR2004 - 60 is a leap second, read as the one before it
        raise ValueError
    return min(second, 59)


def text(value: Any) -> str | None:  # noqa: ANN401 - whatever was sent
    """Return a value as text, whatever its type was there."""
    if value is None or isinstance(value, str):
        return value
    return canonical(value).decode()


def as_object(value: Any) -> Record | None:  # noqa: ANN401 - whatever was sent
    """Return an object as sent; anything else that is not empty under the key `value`."""
    if value is None or isinstance(value, dict):
        return value
    return {"value": value}


def texts(value: Any) -> list[str | None] | None:  # noqa: ANN401 - whatever was sent
    """Return a list with its items as text."""
    items = as_list(value)
    return None if items is None else [text(item) for item in items]


def as_list(value: Any) -> list[Any] | None:  # noqa: ANN401 - whatever was sent
    """Return a list as sent; a single value as a list of one."""
    if value is None or isinstance(value, list):
        return value
    return [value]
