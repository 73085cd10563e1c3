"""Uploads: one request's records checked, stored and answered for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import msgspec

from clevertap_emulator.api.record_checks import RecordChecker, UserKey, error_text, user_key
from clevertap_emulator.api.responses import MALFORMED, ApiResponse, failure
from clevertap_emulator.data.catalogue import folded
from clevertap_emulator.data.events import StoredEvent, bare_template, template_of, to_json
from clevertap_emulator.data.operators import apply_profile_data

if TYPE_CHECKING:
    from clevertap_emulator.admin.faults import FaultAction
    from clevertap_emulator.api.request import ApiRequest
    from clevertap_emulator.data.calendar import Calendar
    from clevertap_emulator.data.events import EventTemplate
    from clevertap_emulator.data.people import People, Person
    from clevertap_emulator.data.store import EventStore
    from clevertap_emulator.settings import Settings

KINDS = {"event": "events", "profile": "profiles", "token": "tokens"}


class UploadBody(msgspec.Struct):
    """The body of an upload; records stay as received."""

    d: list[msgspec.Raw]


def decode_records(body: bytes) -> list[msgspec.Raw] | None:
    """Return the records of a body; None for one that is no upload at all."""
    try:
        return msgspec.json.decode(body, type=UploadBody).d
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


class StoredRecord(msgspec.Struct):
    """One record that an upload stored, as received, and the number of its request."""

    request: int
    record: msgspec.Raw


@dataclass(frozen=True)
class UnprocessedRecord:
    """One record of a request, counted from 1, that was not taken, and the code that says why."""

    number: int
    code: int
    record: msgspec.Raw


class UploadEndpoint:
    """Takes uploads into the store."""

    def __init__(
        self, settings: Settings, calendar: Calendar, people: People, store: EventStore
    ) -> None:
        self._settings = settings
        self._calendar = calendar
        self._people = people
        self._store = store
        self._checker = RecordChecker(settings, store.names)
        self.stored: dict[str, list[StoredRecord]] = {}
        self.counted = 0
        self.reset()

    def reset(self) -> None:
        """Forget what was stored."""
        self.stored = {kind: [] for kind in KINDS.values()}
        self.counted = 0

    def accept(self, request: ApiRequest, *, dry: bool) -> ApiResponse:
        """Take a request's records, or only check them when it is a dry run."""
        records, fault = request.records, request.fault
        if records is None:
            return MALFORMED
        if len(request.body) > self._settings.max_upload_bytes:
            return failure("Request body is too large", 413, status=413)
        if len(records) > self._settings.max_records:
            limit = self._settings.max_records
            return failure(f"Number of records should not exceed {limit}", 400, status=400)
        if self._settings.count_uploads:
            self.counted += len(records)
            return _summary(len(records), [], fault)
        unprocessed = []
        for number, raw in enumerate(records, 1):
            code = self._take(
                raw, request.number, dry=dry, forced=(fault.record_code or {}).get(number)
            )
            if code is not None:
                unprocessed.append(UnprocessedRecord(number, code, raw))
        return _summary(len(records), unprocessed, fault)

    def _take(self, raw: msgspec.Raw, request: int, *, dry: bool, forced: int | None) -> int | None:
        try:
            record = msgspec.json.decode(raw)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return 512
        code = forced if forced is not None else self._checker.code(record)
        if code is None and not dry:
            self._save(record, raw, request)
        return code

    def _save(self, record: dict[str, Any], raw: msgspec.Raw, request: int) -> None:
        kind = record["type"]
        if kind == "event":
            self._save_event(record, raw)
        elif kind == "profile":
            self._save_profile(record)
        else:
            self._save_token(record)
        self.stored[KINDS[kind]].append(StoredRecord(request, raw.copy()))

    def _save_event(self, record: dict[str, Any], raw: msgspec.Raw) -> None:
        person = self._person(record)
        moment = record.get("ts") or self._calendar.now()
        name = self._store.names.stored(record["evtName"])
        device = _device_of(person, record.get("objectId"))
        event = StoredEvent(
            self._calendar.stamp(moment), person.number, device, b"", _uploaded_template(raw)
        )
        self._store.add(name, self._calendar.day_of(moment), event)

    def _save_profile(self, record: dict[str, Any]) -> None:
        person = self._person(record)
        incoming = record.get("profileData") or {}
        keys = (value for name, value in incoming.items() if folded(name) == "identity")
        for identity in keys:
            if isinstance(identity, (str, int)) and identity:
                person = self._people.identify(person, str(identity))
        most = self._settings.max_list_values
        self._people.save(apply_profile_data(person, incoming, most_values=most))

    def _save_token(self, record: dict[str, Any]) -> None:
        person = self._person({"objectId": record["objectId"]})
        token = record["tokenData"]
        position = _device_of(person, record["objectId"])
        devices = list(person.devices)
        devices[position] = replace(devices[position], push_token=f"{token['type']}:{token['id']}")
        self._people.save(replace(person, devices=tuple(devices)))

    def _person(self, record: dict[str, Any]) -> Person:
        key = user_key(record)
        if key is None:  # the check before has refused these
            key = UserKey("identity", "")
        found = self._people.find(f"{key.kind}:{key.value}")
        return self._people.create(key.kind, key.value) if found is None else found


def _device_of(person: Person, object_id: object) -> int:
    ids = [device.object_id for device in person.devices]
    return ids.index(str(object_id)) if object_id in ids else 0


class _EventData(msgspec.Struct):
    evtData: dict[str, msgspec.Raw] | None = None  # noqa: N815 - CleverTap's spelling


_DROPPED = frozenset([b"null", b'""', b"[]", b"{}"])


def _uploaded_template(raw: msgspec.Raw) -> EventTemplate:
    """Keep the properties of an uploaded event digit by digit; nulls and empty ones go."""
    properties = msgspec.json.decode(raw, type=_EventData).evtData or {}
    kept: dict[str, tuple[str, bytes]] = {}
    for name, value in properties.items():
        if (text := bytes(value).strip()) not in _DROPPED:
            spelling = kept.get(folded(name), (name,))[0]
            kept[folded(name)] = (spelling, text)  # of two names that are one, the later's value
    facts = [*kept.values()]
    return template_of(facts, None) if facts else bare_template(None, None)


def _summary(count: int, unprocessed: list[UnprocessedRecord], fault: FaultAction) -> ApiResponse:
    processed = count - len(unprocessed)
    status = "success" if not unprocessed else "partial" if processed else "fail"
    named = not fault.drop_unprocessed_number
    entries = [
        b'{ "status" : "fail" , "code" : %d , "error" : %b , "record" : %b}'
        % (each.code, to_json(error_text(each.code, each.number if named else None)), each.record)
        for each in unprocessed
    ]
    body = b'{ "status" : "%b" , "processed" : %d , "unprocessed" : [ %b]}' % (
        status.encode(),
        processed + (fault.processed or 0),
        b" , ".join(entries),
    )
    return ApiResponse(body)
