"""The upload endpoint: checks and stores the records of a request."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import msgspec

from clevertap_emulator.api.parsing import JSON_ERRORS
from clevertap_emulator.api.record_checks import RecordChecker, UserKey, error_text, user_key
from clevertap_emulator.api.refusals import RefusalLog
from clevertap_emulator.api.responses import MALFORMED, ApiResponse, failure
from clevertap_emulator.data.catalogue import folded
from clevertap_emulator.data.events import StoredEvent, make_bare_template, make_template, to_json
from clevertap_emulator.data.operators import apply_profile_data
from clevertap_emulator.data.user_index import UserIndex

if TYPE_CHECKING:
    from clevertap_emulator.admin.faults import FaultAction
    from clevertap_emulator.api.request import ApiRequest
    from clevertap_emulator.data.calendar import Calendar
    from clevertap_emulator.data.declarations import Declarations
    from clevertap_emulator.data.events import EventTemplate
    from clevertap_emulator.data.people import People
    from clevertap_emulator.data.person import Person
    from clevertap_emulator.data.store import EventStore
    from clevertap_emulator.settings import Settings

KINDS = {"event": "events", "profile": "profiles", "token": "tokens"}


class UploadBody(msgspec.Struct):
    """The body of an upload, its records not decoded."""

    d: list[msgspec.Raw]


def decode_records(body: bytes) -> list[msgspec.Raw] | None:
    """Return the records of a body; None if it is not an upload."""
    try:
        return msgspec.json.decode(body, type=UploadBody).d
    except JSON_ERRORS:
        return None


class StoredRecord(msgspec.Struct):
    """A record that was stored, as received, and the number of its request."""

    request: int
    record: msgspec.Raw


@dataclass(frozen=True)
class UnprocessedRecord:
    """A record that was rejected: its number in the request, from 1, and the error code."""

    number: int
    code: int
    record: msgspec.Raw


class UploadEndpoint:
    """Checks uploads and stores their records."""

    def __init__(
        self,
        settings: Settings,
        calendar: Calendar,
        people: People,
        store: EventStore,
        declarations: Declarations,
    ) -> None:
        self._settings = settings
        self._calendar = calendar
        self._people = people
        self._store = store
        self._declarations = declarations
        self.refusals = RefusalLog()
        self._checker = RecordChecker(settings, store.names)
        self.stored: dict[str, list[StoredRecord]] = {}
        self.by_user: dict[str, UserIndex] = {}
        self.counted = 0
        self.reset()

    def reset(self) -> None:
        """Forget the stored records."""
        self.stored = {kind: [] for kind in KINDS.values()}
        self.by_user = {kind: UserIndex() for kind in KINDS.values()}
        self.counted = 0

    def tokens(self) -> dict[str, str]:
        """Return the last push token of each device, as `type:id`, by its CleverTap ID."""
        records = (msgspec.json.decode(each.record) for each in self.stored["tokens"])
        return {
            each["objectId"]: f"{each['tokenData']['type']}:{each['tokenData']['id']}"
            for each in records
        }

    def accept(self, request: ApiRequest, *, dry: bool) -> ApiResponse:
        """Store a request's records, or only check them in a dry run."""
        records, fault = request.records, request.fault
        if records is None:
            return MALFORMED
        if len(request.body) > self._settings.max_upload_bytes:
            return failure("Request body is too large", 413, status=413)
        if len(records) > self._settings.max_records:
            limit = self._settings.max_records
            return failure(f"Number of records should not exceed {limit}", 400, status=400)
        if self._settings.count_uploads:
            self.counted += 0 if dry else len(records)
            return summary(len(records), [], fault)
        unprocessed = []
        for number, raw in enumerate(records, 1):
            forced = (fault.record_code or {}).get(number)
            code = self.process(raw, request.number, number, dry=dry, forced=forced)
            if code is not None:
                unprocessed.append(UnprocessedRecord(number, code, raw))
        return summary(len(records), unprocessed, fault)

    def process(
        self,
        raw: msgspec.Raw,
        request: int,
        number: int,
        *,
        dry: bool = False,
        forced: int | None = None,
    ) -> int | None:
        """Store a record, or only check it in a dry run; return its error code, None for none.

        Args:
            raw: The record as received.
            request: Number of its request.
            number: Its number in the request, from 1.
            dry: Nothing is stored.
            forced: The code that a fault gives it.
        """
        code = self._take(raw, request, dry=dry, forced=forced)
        if code is not None:
            self.refusals.add(raw, request, number, code)
        return code

    def _take(self, raw: msgspec.Raw, request: int, *, dry: bool, forced: int | None) -> int | None:
        try:
            record = msgspec.json.decode(raw)
        except JSON_ERRORS:
            return 512
        code = forced if forced is not None else self._checker.error_code(record)
        if code is None and not dry:
            self._save(record, raw, request)
        return code

    def _save(self, record: dict[str, Any], raw: msgspec.Raw, request: int) -> None:
        kind = record["type"]
        if kind == "event":
            user = self._save_event(record, raw)
        elif kind == "profile":
            user = self._save_profile(record)
        else:
            user = self._save_token(record)
        self.stored[KINDS[kind]].append(StoredRecord(request, raw.copy()))
        self.by_user[KINDS[kind]].add(user)

    def _save_event(self, record: dict[str, Any], raw: msgspec.Raw) -> int:
        person = self._person(record)
        moment = record.get("ts") or self._calendar.now()
        name = self._store.names.stored(record["evtName"])
        self._declarations.note_upload(name, record.get("evtData") or {})
        device = _device_of(person, record.get("objectId"))
        event = StoredEvent(
            self._calendar.stamp(moment), person.number, device, b"", _uploaded_template(raw)
        )
        self._store.add(name, self._calendar.day_of(moment), event)
        return person.number

    def _save_profile(self, record: dict[str, Any]) -> int:
        person = self._person(record)
        incoming = record.get("profileData") or {}
        keys = (value for name, value in incoming.items() if folded(name) == "identity")
        for identity in keys:
            if isinstance(identity, (str, int)) and identity:
                person = self._people.identify(person, str(identity))
        limit = self._settings.max_list_values
        self._people.save(apply_profile_data(person, incoming, max_values=limit))
        return person.number

    def _save_token(self, record: dict[str, Any]) -> int:
        person = self._person({"objectId": record["objectId"]})
        token = record["tokenData"]
        position = _device_of(person, record["objectId"])
        devices = list(person.devices)
        devices[position] = replace(devices[position], push_token=f"{token['type']}:{token['id']}")
        self._people.save(replace(person, devices=tuple(devices)))
        return person.number

    def _person(self, record: dict[str, Any]) -> Person:
        key = user_key(record)
        if key is None:  # the check has rejected these
            key = UserKey("identity", "")
        found = self._people.find(f"{key.kind}:{key.value}")
        return self._people.create(key.kind, key.value) if found is None else found


def _device_of(person: Person, object_id: object) -> int:
    ids = [device.object_id for device in person.devices]
    return ids.index(str(object_id)) if object_id in ids else 0


class _EventData(msgspec.Struct):
    # Of a name that is there twice the last value counts; the others may have any type.
    evtData: msgspec.Raw = msgspec.Raw(b"null")  # noqa: N815 - CleverTap's spelling


_DROPPED = frozenset([b"null", b'""', b"[]", b"{}"])


def _uploaded_template(raw: msgspec.Raw) -> EventTemplate:
    """Keep the properties as received, digit by digit, without null and empty ones."""
    data = msgspec.json.decode(raw, type=_EventData).evtData
    properties = msgspec.json.decode(data, type=dict[str, msgspec.Raw] | None) or {}
    kept: dict[str, tuple[str, bytes]] = {}
    for name, value in properties.items():
        if (text := bytes(value).strip()) not in _DROPPED:
            spelling = kept.get(folded(name), (name,))[0]
            kept[folded(name)] = (spelling, text)  # if two names are equal, the later value
    return make_template([*kept.values()], None) if kept else make_bare_template(None, None)


def summary(count: int, unprocessed: list[UnprocessedRecord], fault: FaultAction) -> ApiResponse:
    """Return the response that accounts for the records one by one."""
    processed = count - len(unprocessed)
    status = "success" if not unprocessed else "partial" if processed else "fail"
    numbered = not fault.drop_unprocessed_number
    entries = [
        b'{ "status" : "fail" , "code" : %d , "error" : %b , "record" : %b}'
        % (
            each.code,
            to_json(error_text(each.code, each.number if numbered else None)),
            bytes(each.record).decode(errors="replace").encode(),
        )
        for each in unprocessed
    ]
    body = b'{ "status" : "%b" , "processed" : %d , "unprocessed" : [ %b]}' % (
        status.encode(),
        processed + (fault.processed or 0),
        b" , ".join(entries),
    )
    return ApiResponse(body, unprocessed=len(unprocessed))
