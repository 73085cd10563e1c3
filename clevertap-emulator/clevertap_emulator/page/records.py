"""Stored and refused records: the newest of a kind, and all that is known of one user."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import msgspec

from clevertap_emulator.api.record_checks import USER_KEYS
from clevertap_emulator.api.refusals import record_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clevertap_emulator.api.refusals import LoggedRefusal
    from clevertap_emulator.api.uploads import StoredRecord
    from clevertap_emulator.api.user_calls import StoredCall
    from clevertap_emulator.data.person import Person
    from clevertap_emulator.project import Project

REFUSED = "refused"


def kinds(project: Project) -> list[str]:
    """Return the kinds of records that can be listed."""
    return [*project.uploads.stored, *project.calls.stored, REFUSED]


def newest_records(project: Project, kind: str, limit: int) -> dict[str, object]:
    """Return the newest records of a kind, the newest first, each cut to 2,000 characters."""
    if kind == REFUSED:
        refused = project.refusals
        return _listed(
            kind, refused.counts.total(), [*map(_refused, islice(reversed(refused.last), limit))]
        )
    stored = project.uploads.stored.get(kind)
    if stored is not None:
        return _listed(kind, len(stored), [*map(_record, islice(reversed(stored), limit))])
    calls = project.calls.stored[kind]
    return _listed(kind, len(calls), [*map(_call, islice(reversed(calls), limit))])


def user_view(project: Project, key: str, limit: int) -> dict[str, object]:
    """Return a user's profile, stored records, calls and refused records.

    Args:
        project: Whose user.
        key: An identity, a CleverTap ID, another user key or an e-mail address.
        limit: How many of each kind.
    """
    person = _find(project, key)
    keys = {key} if person is None else _keys(person, key)
    refused = [each for each in reversed(project.refusals.last) if each.user in keys]
    return {
        "key": key,
        "profile": person and _profile(project, person),
        "lists": [
            *([] if person is None else _uploads_of(project, person, limit)),
            *_calls_of(project, keys, limit),
            _listed(REFUSED, len(refused), [*map(_refused, refused[:limit])]),
        ],
    }


def _uploads_of(project: Project, person: Person, limit: int) -> Iterator[dict[str, object]]:
    for kind, stored in project.uploads.stored.items():
        index = project.uploads.by_user[kind]
        places = islice(index.newest(person.number), limit)
        newest = [_record(stored[place]) for place in places]
        yield _listed(kind, index.counts[person.number], newest)


def _calls_of(project: Project, keys: set[str], limit: int) -> Iterator[dict[str, object]]:
    for kind, stored in project.calls.stored.items():
        index = project.calls.by_value[kind]
        places = {place for each in keys for place in islice(index.newest(each), limit)}
        newest = [_call(stored[place]) for place in sorted(places, reverse=True)[:limit]]
        yield _listed(kind, sum(index.counts[each] for each in keys), newest)


def _find(project: Project, key: str) -> Person | None:
    found = (project.people.find(f"{kind}:{key}") for kind in USER_KEYS)
    person = next((each for each in found if each is not None), None)
    return project.people.find_by_email(key) if person is None and "@" in key else person


def _keys(person: Person, key: str) -> set[str]:
    given = (person.identity, *person.all_identities, person.email, person.phone)
    devices = (device.object_id for device in person.devices)
    return {str(each) for each in (key, *given, *devices) if each is not None}


def _profile(project: Project, person: Person) -> dict[str, object]:
    return {
        "generated": person.number < project.settings.users,
        "identity": person.identity,
        "all_identities": person.all_identities,
        "object_ids": [device.object_id for device in person.devices],
        "name": person.name,
        "email": person.email,
        "phone": person.phone,
        "properties": record_text(msgspec.json.encode(person.properties)),
    }


def _listed(kind: str, total: int, newest: list[dict[str, object]]) -> dict[str, object]:
    return {"kind": kind, "total": total, "newest": newest}


def _record(stored: StoredRecord) -> dict[str, object]:
    return {"request": stored.request, "record": record_text(stored.record)}


def _call(call: StoredCall) -> dict[str, object]:
    content = {
        name: value
        for name in ("key", "type", "status", "value")
        if (value := getattr(call, name)) is not None
    }
    return {"request": call.request, "record": record_text(msgspec.json.encode(content))}


def _refused(refused: LoggedRefusal) -> dict[str, object]:
    return msgspec.structs.asdict(refused)
