"""Deletions, subscriptions and disassociations: checked, stored, and applied to the users."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from clevertap_emulator.api.parsing import JSON_ERRORS
from clevertap_emulator.api.record_checks import is_email, is_object_id, is_phone, is_user
from clevertap_emulator.api.request import USER_CALLS
from clevertap_emulator.api.responses import MALFORMED, ApiResponse, failure, success
from clevertap_emulator.api.uploads import UnprocessedRecord, decode_records, summary
from clevertap_emulator.data.user_index import UserIndex

if TYPE_CHECKING:
    from collections.abc import Callable

    from clevertap_emulator.api.refusals import RefusalLog
    from clevertap_emulator.api.request import ApiRequest
    from clevertap_emulator.data.people import People
    from clevertap_emulator.settings import Settings

DELETED_KEYS = {"identity": "identity", "guid": "objectId"}
"""The keys of a deletion, each with the user key that its values are."""
STATUSES = ("Unsubscribe", "Resubscribe")
EMAIL_CODE, PHONE_CODE, TYPE_CODE, STRUCTURE_CODE = 515, 516, 524, 512


class StoredCall(msgspec.Struct, omit_defaults=True):
    """One user of a stored call, and the number of its request.

    `key` is that of a deletion; `type` and `status` are those of the other calls.
    """

    request: int
    value: str
    key: str | None = None
    type: str | None = None
    status: str | None = None


class UserCallEndpoints:
    """The calls about users, as [D:delete-user-profile-api], [D:subscribe-api] and others say."""

    def __init__(self, settings: Settings, people: People, refusals: RefusalLog) -> None:
        self._settings = settings
        self._people = people
        self._refusals = refusals
        self.stored: dict[str, list[StoredCall]] = {}
        self.by_value: dict[str, UserIndex] = {}
        self.reset()

    def reset(self) -> None:
        """Forget the stored calls."""
        self.stored = {"deleted": [], "subscriptions": [], "disassociated": []}
        self.by_value = {kind: UserIndex() for kind in self.stored}

    def handle(self, request: ApiRequest) -> ApiResponse:
        """Check and apply a call."""
        if request.method != "POST":
            return MALFORMED
        kind = USER_CALLS[request.path]
        if kind == "delete":
            return self._delete(request)
        return self._each(request, self._subscribe if kind == "subscribe" else self._disassociate)

    def subscriptions(self) -> dict[str, str]:
        """Return the last status of each address, by its type and value: `phone:+49…`."""
        return {
            f"{call.type}:{call.value}": call.status or "" for call in self.stored["subscriptions"]
        }

    def _delete(self, request: ApiRequest) -> ApiResponse:
        """Delete all users of a call, or none: one invalid value refuses all of them."""
        found = deleted_users(request.body)
        if found is None:
            return MALFORMED
        key, values = found
        if len(values) > self._settings.max_deletes:
            limit = self._settings.max_deletes
            return failure(f"Number of profiles should not exceed {limit}", 400, status=400)
        is_valid = is_user if key == "identity" else is_object_id
        if not values or not all(map(is_valid, values)):
            return MALFORMED
        for value in values:
            self._people.delete(DELETED_KEYS[key], str(value))
            self._store("deleted", StoredCall(request.number, str(value), key=key))
        return success()

    def _each(self, request: ApiRequest, take: Callable[[Any, int], int | None]) -> ApiResponse:
        records = decode_records(request.body)
        if records is None:
            return MALFORMED
        if len(records) > self._settings.max_records:
            limit = self._settings.max_records
            return failure(f"Number of records should not exceed {limit}", 400, status=400)
        forced = request.fault.record_code or {}
        unprocessed = []
        for number, raw in enumerate(records, 1):
            code = forced.get(number) or self._code(raw, request, take)
            if code is not None:
                unprocessed.append(UnprocessedRecord(number, code, raw))
                self._refusals.add(raw, request.number, number, code, USER_CALLS[request.path])
        return summary(len(records), unprocessed, request.fault)

    @staticmethod
    def _code(
        raw: msgspec.Raw, request: ApiRequest, take: Callable[[Any, int], int | None]
    ) -> int | None:
        try:
            record = msgspec.json.decode(raw)
        except JSON_ERRORS:
            return STRUCTURE_CODE
        return take(record, request.number)

    def _subscribe(self, record: Any, request: int) -> int | None:  # noqa: ANN401 - any JSON value
        code = _address_code(record, ("phone", "email", "whatsapp"))
        if code is not None:
            return code
        if record.get("status") not in STATUSES:
            return STRUCTURE_CODE
        call = StoredCall(request, record["value"], type=record["type"], status=record["status"])
        self._store("subscriptions", call)
        return None

    def _disassociate(self, record: Any, request: int) -> int | None:  # noqa: ANN401 - any JSON value
        code = _address_code(record, ("phone",))
        if code is not None:
            return code
        self._people.disassociate(record["value"])
        self._store("disassociated", StoredCall(request, record["value"], type="phone"))
        return None

    def _store(self, kind: str, call: StoredCall) -> None:
        self.stored[kind].append(call)
        self.by_value[kind].add(call.value)


def deleted_users(body: bytes) -> tuple[str, list[Any]] | None:
    """Return the key of a deletion and its values; None for another body."""
    try:
        content = msgspec.json.decode(body, type=dict[str, Any])
    except JSON_ERRORS:
        return None
    if len(content) != 1:
        return None
    ((key, values),) = content.items()
    if key == "identity" and isinstance(values, (str, int)):
        return key, [values]
    return (key, values) if key in DELETED_KEYS and isinstance(values, list) else None


def users_in(request: ApiRequest) -> int | None:
    """Return how many users a call is about; None if its body is not such a call."""
    if USER_CALLS[request.path] == "delete":
        found = deleted_users(request.body)
        return None if found is None else len(found[1])
    records = decode_records(request.body)
    return None if records is None else len(records)


def _address_code(record: Any, types: tuple[str, ...]) -> int | None:  # noqa: ANN401 - any JSON value
    if not isinstance(record, dict):
        return STRUCTURE_CODE
    if record.get("type") not in types:
        return TYPE_CODE
    if record["type"] == "email":
        return None if is_email(record.get("value")) else EMAIL_CODE
    return None if is_phone(record.get("value")) else PHONE_CODE
