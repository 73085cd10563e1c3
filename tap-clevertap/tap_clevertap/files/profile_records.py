"""Records of the stream exported_profiles, from the rows of files in any format.

Files have the fields of a profile under the names of exports, and all its properties next to them.
[U: profile-exports] What has no field of its own is in `profile_data`: nothing of a row is dropped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_clevertap.files.columns import renamed
from tap_clevertap.files.listed_texts import listed
from tap_clevertap.records.exact_json import canonical_json
from tap_clevertap.records.keys import profile_key
from tap_clevertap.records.values import as_list, as_text, as_texts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tap_clevertap.files.rows import ProfileRows
    from tap_clevertap.records.rows import Record

IDENTITY = ("identity", "Identity")
ALL_IDENTITIES = ("all_identities", "All Identities")
OBJECT_IDS = ("clevertapId", "clevertapIds", "objectId", "CleverTap ID")
NAME, EMAIL, PHONE = ("Name", "name"), ("Email", "email"), ("Phone", "phone")
IDENTIFIERS = frozenset((*IDENTITY, *ALL_IDENTITIES, *OBJECT_IDS))
BLOCKS = ("profileIdentities", "device", "profileProps", "commPrefs", "profileData")
"""Objects whose members are properties: maps in Parquet, and `profileData` in the API."""
OTHERS = frozenset((*BLOCKS, *NAME, *EMAIL, *PHONE, "token", "subscriptionGroups", "platformInfo"))
PREFERENCE = "MSG-"


def is_profile_name(documented: str) -> bool:
    """Whether profiles have a column of this name, whatever the project."""
    return documented in IDENTIFIERS or documented in OTHERS or documented.startswith(PREFERENCE)


class ProfileRecords:
    """Makes records of the rows of one file.

    - The key is that of the API where identity, or else the object ids, are equal. A row that has
      neither is hashed, as one of the API is.
    - `identity` may have an object id for a user who has no identity [U: profile-exports]; it is
      only in `object_ids` then. Where it has all of a user's identities, the first is taken.

    Args:
        account_id: The project's.
        seen_through: The day of the run that wrote the file, in the project's zone, as ISO date.
        source_file: The key of the file.
        columns: As in `ReadOptions`.
    """

    def __init__(
        self,
        *,
        account_id: str,
        seen_through: str,
        source_file: str,
        columns: Mapping[str, str],
    ) -> None:
        self._account_id = account_id
        self._ends = {"seen_through": seen_through, "source_file": source_file}
        self._columns = columns

    def records(self, rows: ProfileRows) -> Iterator[Record]:
        """Yield the record of each row.

        Raises:
            UnreadFileError: If two members of a row have one name by the mapping of columns.
        """
        for _, row in rows:
            yield self._record(_flat(renamed(row, self._columns)))

    def _record(self, row: Record) -> Record:
        rest = dict(row)
        platforms = _take_if(rest, "platformInfo", _is_list_of_objects) or []
        events = _take_if(rest, "events", _is_object)
        object_ids = _object_ids(rest, platforms)
        identity, all_identities = _identities(rest, object_ids)
        return {
            "profile_key": profile_key(self._account_id, identity, object_ids, row),
            "identity": identity,
            "object_ids": object_ids,
            "all_identities": all_identities,
            "name": as_text(_take(rest, NAME)),
            "email": as_text(_take(rest, EMAIL)),
            "phone": as_text(_take(rest, PHONE)),
            "profile_data": rest or None,
            "platform_info": platforms,
            "events": events,
            **self._ends,
        }


def _flat(row: Record) -> Record:
    """Return a row with the members of its blocks; those that would hide another stay in them."""
    if row.keys().isdisjoint(BLOCKS):
        return row
    found = {
        name: value
        for name, value in row.items()
        if name not in BLOCKS or not isinstance(value, dict)
    }
    for block in BLOCKS:
        inner = row.get(block)
        if not isinstance(inner, dict):
            continue
        apart: Record = {}
        for name, value in inner.items():
            if found.get(name) is None:
                found[name] = value
            elif value is not None and canonical_json(found[name]) != canonical_json(value):
                apart[name] = value
        if apart:
            found[block] = apart
    return found


def _is_object(value: Any) -> bool:  # noqa: ANN401 - any JSON value
    return isinstance(value, dict)


def _is_list_of_objects(value: Any) -> bool:  # noqa: ANN401 - any JSON value
    return isinstance(value, list) and all(map(_is_object, value))


def _take(rest: Record, names: tuple[str, ...]) -> Any:  # noqa: ANN401 - any JSON value
    """Remove and return the first value that is not null; other values stay."""
    for name in names:
        if (value := rest.pop(name, None)) is not None:
            return value
    return None


def _take_if(rest: Record, name: str, is_right: Callable[[Any], bool]) -> Any:  # noqa: ANN401 - same
    """Remove and return a value; one that is no such value is a property of that name."""
    return rest.pop(name) if is_right(rest.get(name)) else None


def _object_ids(rest: Record, platforms: list[Record]) -> list[str]:
    found = [each.get("objectId") for each in platforms]
    for name in OBJECT_IDS:
        found += as_list(listed(rest.pop(name, None))) or []
    return sorted({as_text(each) or "" for each in found if each})


def _identities(rest: Record, object_ids: list[str]) -> tuple[str | None, list[str | None] | None]:
    """Return a user's identity, and all of them."""
    identity, everything = _take(rest, IDENTITY), as_texts(listed(_take(rest, ALL_IDENTITIES)))
    if identity not in (everything or ()):
        identity = listed(identity)
    if isinstance(identity, list):
        texts = as_texts(identity) or []
        everything = [*dict.fromkeys([*(everything or ()), *texts])]
        identity = next((each for each in texts if each and each not in object_ids), None)
    text = as_text(identity)
    return (None if text in object_ids else text), everything
